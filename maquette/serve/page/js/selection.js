// Chosen models: to compare, to keep as a table, to search with.

import { save } from "./api.js";
import { announceBriefly } from "./capture.js";
import { openCompare } from "./compare.js";
import { announce, button, fill, h } from "./dom.js";
import { addressOfState, on, state, update } from "./state.js";
import { csvCell, nameOf, some } from "./words.js";

export const MOST_COMPARED = 4;

export function startSelection(root) {
  on("selected", () => draw(root));
}

export function toggle(hit) {
  const selected = new Map(state.selected);
  if (!selected.delete(hit.id)) selected.set(hit.id, hit);
  update({ selected });
  for (const open of document.querySelectorAll(`.card-open[data-id="${CSS.escape(hit.id)}"]`)) {
    open.parentElement.classList.toggle("chosen", selected.has(hit.id));
    open.nextElementSibling.setAttribute("aria-pressed", String(selected.has(hit.id)));
    const label = open.getAttribute("aria-label").replace(/, selected$/, "");
    open.setAttribute("aria-label", selected.has(hit.id) ? `${label}, selected` : label);
  }
  announce(`${nameOf(hit.id)} ${selected.has(hit.id) ? "selected" : "no longer selected"}, ${some(selected.size, "model")} in all.`);
}

export function clearSelection() {
  const cards = [...state.selected.values()];
  cards.forEach(toggle);
}

function draw(root) {
  const hits = [...state.selected.values()];
  root.hidden = hits.length === 0;
  document.body.classList.toggle("selecting", hits.length > 0);
  if (root.hidden) { fill(root); return; }
  fill(root, h("p", {}, h("strong", {}, some(hits.length, "model")), " selected"),
    button("Compare", compareSelected, { sign: "compare", kind: "primary", "aria-keyshortcuts": "C" }),
    button("CSV", () => saveCsv(hits), { sign: "table" }),
    button("Clear", clearSelection, { kind: "quiet" }));
}

export function compareSelected() {
  const hits = [...state.selected.values()];
  if (hits.length < 2) announceBriefly("Select two to four models to compare: Space selects.");
  else if (hits.length > MOST_COMPARED) announceBriefly(`${hits.length} models are selected: up to ${MOST_COMPARED} can be compared at once.`);
  else openCompare(hits);
}

/** The list as a table for other programs. */
export function saveCsv(hits) {
  const fields = ["rank", "id", "class", "probability", "band", "score", "format", "faces", "vertices", "points", "bytes", "added"];
  const cell = (hit, field) => csvCell(hit[field] ?? hit.metadata?.[field]);
  save("maquette.csv", [fields.join(","), ...hits.map((hit) => fields.map((field) => cell(hit, field)).join(","))].join("\r\n") + "\r\n");
  announceBriefly(`${some(hits.length, "row")} saved as maquette.csv.`);
}

/** Copy the address that restores the query, its filters and its order. */
export async function copyLink() {
  const { href } = addressOfState();
  try {
    await navigator.clipboard.writeText(href);
    announceBriefly("Link copied. It restores this query as long as the service keeps it.");
  } catch {
    announceBriefly("The browser did not allow copying; the link is this page's address.");
  }
}
