// Two to four models side by side under one camera, and their properties in one table.

import { api } from "./api.js";
import { h, openDialog } from "./dom.js";
import { makeStage } from "./stage.js";
import { bytes, count, nameOf, percent } from "./words.js";

const ROWS = [
  ["Class", (hit) => hit.class],
  ["Probability", (hit) => (hit.probability === null || hit.probability === undefined ? null : `${percent(hit.probability)}, ${hit.band}`)],
  ["Similarity", (hit) => hit.score?.toFixed(3)],
  ["Format", (hit) => hit.metadata?.format?.toUpperCase()],
  ["Faces", (hit) => hit.metadata?.faces && count(hit.metadata.faces)],
  ["Vertices", (hit) => hit.metadata?.vertices && count(hit.metadata.vertices)],
  ["Size", (hit) => hit.metadata?.bytes && bytes(hit.metadata.bytes)],
  ["Added", (hit) => hit.metadata?.added?.slice(0, 10)],
];

export function openCompare(hits) {
  const stage = makeStage(hits.map((hit) => ({ label: nameOf(hit.id), note: hit.class, load: (signal) => api.model(hit.id, signal), id: hit.id })), { overlay: hits.length === 2 });
  const rows = ROWS.map(([title, value]) => [title, hits.map((hit) => value(hit) ?? "–")]).filter(([, values]) => values.some((value) => value !== "–"));
  openDialog({ title: `Compare ${hits.length} models`, kind: "compare", onclose: () => stage.close(), content: h("div", { class: "compare-body" }, stage.element,
    h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Properties" }, h("table", {},
      h("thead", {}, h("tr", {}, h("td", {}), hits.map((hit) => h("th", { scope: "col" }, nameOf(hit.id))))),
      h("tbody", {}, rows.map(([title, values]) => h("tr", { class: new Set(values).size > 1 ? "differs" : "" }, h("th", { scope: "row" }, title), values.map((value) => h("td", {}, value)))))))) });
}
