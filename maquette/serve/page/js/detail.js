// One model, looked at closely: beside or over the query, why it was found, what is known of it, its file.

import { api, download } from "./api.js";
import { announceBriefly } from "./capture.js";
import { button, fill, h, icon, openDialog, signButton } from "./dom.js";
import { addItem } from "./search.js";
import { toggle } from "./selection.js";
import { makeStage } from "./stage.js";
import { state } from "./state.js";
import { assumptions, bytes, count, MODALITIES, nameOf, percent, short } from "./words.js";

let shown = null;

/** Open a model; beside the part of the query that has a shape or a picture, where there is a query. */
export function openDetail(hit) {
  const list = shown ? shown.list : listed();
  shown?.dialog.close();
  const parts = state.answer ? state.parts.filter((part) => !part.refused && !part.negative && part.number !== null && part.number !== undefined) : [];
  const stop = new AbortController();
  const holder = h("div", { class: "detail-stage" });
  const why = h("div", { class: "why" });
  const mine = { stage: null, list };
  // The service lays the first part with a shape on the model; for others there is nothing to lay.
  const solid = parts.filter((part) => part.readAs !== "image").sort((a, b) => a.number - b.number)[0] ?? null;
  const align = () => {
    if (mine.alignment && mine.part === solid) mine.stage.align({ alignment: mine.alignment, from: frameOf(solid.assumed), onto: frameOf(hit.metadata?.assumed) });
  };
  const lookAt = (part) => {
    mine.stage?.close();
    mine.stage = makeStage(part ? [queryPane(part), itemPane(hit)] : [itemPane(hit)], { overlay: true });
    fill(holder, parts.length > 1 && partChoice(parts, part, lookAt), mine.stage.element);
    mine.part = part;
    align();
  };
  const place = list.findIndex((other) => other.id === hit.id);
  const step = (by) => { const next = list[place + by]; if (next) openDetail(next); };
  const dialog = openDialog({
    title: nameOf(hit.id), kind: "detail",
    head: [h("p", { class: "detail-class" }, hit.class ?? "", hit.probability !== null && hit.probability !== undefined && h("span", { class: `chip ${hit.band}` }, `${hit.band} · ${percent(hit.probability)}`)),
      list.length > 1 && h("div", { class: "steps" }, signButton("left", "Previous model", () => step(-1), { disabled: place <= 0, "aria-keyshortcuts": "P" }),
        h("span", {}, `${place + 1} of ${list.length}`), signButton("right", "Next model", () => step(1), { disabled: place >= list.length - 1, "aria-keyshortcuts": "N" }))],
    content: h("div", { class: "detail-body" }, holder, h("div", { class: "detail-side" }, actions(hit, () => dialog.close()), why, metadata(hit))),
    onclose: () => {
      stop.abort();
      mine.stage?.close();
      if (shown === mine) { shown = null; document.querySelector(`.card-open[data-id="${CSS.escape(hit.id)}"]`)?.focus(); }
    },
  });
  mine.dialog = dialog;
  shown = mine;
  dialog.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey) return;
    const beside = !event.target.closest(".stage, summary");
    if (event.key === "n" || (beside && event.key === "ArrowRight")) step(1);
    if (event.key === "p" || (beside && event.key === "ArrowLeft")) step(-1);
  });
  lookAt(solid ?? parts[0] ?? null);
  if (state.answer) explain(hit, why, stop.signal, (alignment) => { mine.alignment = alignment; align(); });
}

/** Where a file's shape was and how large, in its own units, from the notes on reading it; null if they do not say. */
function frameOf(notes) {
  const center = [notes?.center_x, notes?.center_y, notes?.center_z];
  return center.every(Number.isFinite) && notes.radius > 0 ? { center, radius: notes.radius } : null;
}

/** The models in the order in which they are seen. */
function listed() {
  const all = state.answer ? state.answer.hits : state.browse?.items ?? [];
  const byId = new Map(all.map((hit) => [hit.id, { probability: null, score: null, band: null, ...hit }]));
  return [...document.querySelectorAll(".results .card-open")].map((open) => byId.get(open.dataset.id)).filter(Boolean);
}

function queryPane(part) {
  const pane = { label: "Query", note: part.name, query: true };
  if (part.url) return { ...pane, picture: part.url };
  if (part.item) return { ...pane, load: (signal) => api.model(part.item, signal), id: part.item };
  if (part.readAs === "image") return { ...pane, missing: "A photo that came with the address is not shown." };
  return { ...pane, load: (signal) => api.queryModel(state.answer.query_id, part.number, signal) };
}

const itemPane = (hit) => ({ label: state.answer ? "Found" : nameOf(hit.id), note: state.answer ? nameOf(hit.id) : hit.class, load: (signal) => api.model(hit.id, signal), id: hit.id });

function partChoice(parts, chosen, lookAt) {
  return h("label", { class: "part-choice" }, h("span", {}, "Beside"), h("select", { onchange: (event) => lookAt(parts[Number(event.target.value)]) },
    parts.map((part, place) => h("option", { value: String(place), selected: part === chosen }, `${MODALITIES[part.readAs] ?? part.readAs}: ${part.name}`))));
}

function actions(hit, close) {
  const select = button(state.selected.has(hit.id) ? "Selected" : "Select", (event) => {
    toggle(hit);
    event.currentTarget.querySelector("span").textContent = state.selected.has(hit.id) ? "Selected" : "Select";
    event.currentTarget.setAttribute("aria-pressed", String(state.selected.has(hit.id)));
  }, { sign: "check", "aria-pressed": String(state.selected.has(hit.id)) });
  return h("div", { class: "actions" },
    button("More like this", () => { close(); addItem(hit); }, { sign: "plus", kind: "primary" }),
    state.parts.length > 0 && button("Not like this", () => { close(); addItem(hit, { negative: true }); }, { sign: "minus" }),
    select,
    button("Download", () => download(hit.id).catch((error) => announceBriefly(error.message)), { sign: "download", title: hit.metadata?.bytes ? bytes(hit.metadata.bytes) : "" }));
}

async function explain(hit, why, signal, align) {
  const bars = Object.entries(hit.scores ?? {});
  const scores = bars.length > 0 && h("dl", { class: "scores" }, bars.map(([name, value]) => h("div", {}, h("dt", {}, MODALITIES[name] ?? name), h("dd", {}, meter(value), h("span", {}, value.toFixed(2))))));
  const evidence = h("div", { class: "evidence", "aria-busy": "true" }, h("p", { class: "note" }, "Laying the shapes over each other …"));
  fill(why, h("h3", {}, "Why this model"), scores, scores && h("p", { class: "note" }, "Similarity of the query to this model's pictures, points and surface (cosine)."), evidence);
  try {
    const found = await api.explain(state.answer.query_id, hit.id, signal);
    evidence.removeAttribute("aria-busy");
    fill(evidence, found.sentence && h("p", { class: "sentence" }, found.sentence), facts(found));
    if (found.alignment?.rotation) align(found.alignment);
  } catch (error) {
    if (error.name === "AbortError") return;
    evidence.removeAttribute("aria-busy");
    fill(evidence, h("p", { class: "note" }, icon("warning"), `No further evidence: ${error.message}`));
  }
}

function meter(value) {
  const inner = h("span", {});
  inner.style.inlineSize = `${Math.round(Math.max(0, value) * 100)}%`;
  return h("span", { class: "bar", "aria-hidden": "true" }, inner);
}

function facts(found) {
  const { alignment, best_view: view, parts = [], remarks = [] } = found;
  const rows = [];
  if (parts.length > 1) rows.push(...parts.map((part) => [nameOf(part.name), `${part.score.toFixed(2)}${part.weight < 0 ? ", not wanted" : ""}`]));
  if (view) rows.push(["Best view", `${view.number} of ${view.views}`]);
  if (alignment) {
    rows.push(["Distance when aligned", `${short(alignment.chamfer_after)} (${short(alignment.chamfer_before)} before)`],
      ["Surface that fits", percent(alignment.f_score_after)], ["Scale", `× ${short(alignment.scale)}`], ["Mirrored", alignment.mirrored ? "yes" : "no"]);
  }
  return [rows.length > 0 && h("dl", { class: "facts-list" }, rows.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value)))),
    alignment && h("p", { class: "note" }, "Distances (Chamfer) are in radii of the model; measured on the shapes alone, without the search's own scores."),
    remarks.map((remark) => h("p", { class: "note" }, remark))];
}

function metadata(hit) {
  const { metadata: data = {} } = hit;
  const known = [["Class", hit.class], ["Format", data.format && String(data.format).toUpperCase()], ["Faces", data.faces && count(data.faces)], ["Vertices", data.vertices && count(data.vertices)],
    ["Points", data.points && count(data.points)], ["Size", data.bytes && bytes(data.bytes)], ["Added", data.added && new Date(data.added).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })],
    ["Id", hit.id]];
  const hidden = new Set(["class", "format", "faces", "vertices", "points", "bytes", "added", "path", "root", "modalities", "assumed", "checksum"]);
  const rest = Object.entries(data).filter(([key, value]) => !hidden.has(key) && value !== null && typeof value !== "object").map(([key, value]) => [key, String(value)]);
  const notes = data.assumed && typeof data.assumed === "object" ? assumptions(data.assumed) : [];
  return h("section", { class: "metadata" }, h("h3", {}, "About it"),
    h("dl", { class: "facts-list" }, [...known, ...rest].filter(([, value]) => value).map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value)))),
    notes.length > 0 && h("details", {}, h("summary", {}, "What was assumed when it was read"), h("ul", {}, notes.map((note) => h("li", {}, note)))));
}
