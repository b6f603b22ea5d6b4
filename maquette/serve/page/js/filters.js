// Filters: applied by the service before it ranks, so that the list is as long as it can be.

import { fill, h, icon, button } from "./dom.js";
import { clearFilters, setFilters } from "./search.js";
import { filterCount, on, state } from "./state.js";
import { count } from "./words.js";

const FORMATS = ["stl", "obj", "ply", "off", "glb", "gltf", "3mf", "npy", "xyz"];
const SEARCHABLE = 12;
let finding = "";
let opened = false;

export function startFilters(root) {
  const wide = matchMedia("(min-width: 900px)");
  wide.addEventListener("change", () => draw(root, wide.matches));
  on("collection filters", () => draw(root, wide.matches));
}

function draw(root, wide) {
  const focused = root.contains(document.activeElement) ? document.activeElement.id : null;
  const number = filterCount();
  if (!state.collection || state.collection.items === 0) { fill(root); return; }
  const scrolled = root.querySelector(".class-list")?.scrollTop ?? 0;
  const form = h("form", { class: "filter-form", onsubmit: (event) => event.preventDefault() },
    classes(), faces(), formats(), dates(),
    number > 0 && button("Clear the filters", clearFilters, { sign: "close", kind: "quiet", id: "clear-filters" }));
  const title = [icon("filter"), "Filters", number > 0 && h("span", { class: "badge" }, String(number))];
  fill(root, wide ? [h("h2", {}, title), form]
    : h("details", { open: opened, ontoggle: (event) => { opened = event.target.open; } }, h("summary", { id: "filters-open" }, h("h2", {}, title, icon("down"))), form));
  const list = root.querySelector(".class-list");
  if (list) list.scrollTop = scrolled;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

const box = (id, label, number, checked, onchange) => h("label", { class: "check" },
  h("input", { type: "checkbox", id, checked, onchange }), h("span", {}, label), number !== null && h("span", { class: "check-count" }, count(number)));

function toggled(set, value) {
  const changed = new Set(set);
  if (!changed.delete(value)) changed.add(value);
  return changed;
}

function classes() {
  const all = Object.entries(state.collection.classes ?? {}).sort(([a], [b]) => a.localeCompare(b, "en"));
  if (all.length === 0) return null;
  const list = h("div", { class: "class-list", tabindex: all.length > SEARCHABLE ? "0" : null, role: "group", "aria-label": "Classes" });
  const show = () => fill(list, all.filter(([name]) => name.toLowerCase().includes(finding.toLowerCase()) || state.filters.classes.has(name))
    .map(([name, number]) => box(`class-${name}`, name, number, state.filters.classes.has(name), () => setFilters({ classes: toggled(state.filters.classes, name) }))));
  show();
  return h("fieldset", {}, h("legend", {}, "Class"),
    all.length > SEARCHABLE && h("input", { type: "search", id: "class-find", placeholder: `Find in ${all.length}`, "aria-label": "Find a class", value: finding,
      oninput: (event) => { finding = event.target.value; show(); } }),
    list);
}

function faces() {
  const field = (id, label, key) => h("label", {}, h("span", {}, label),
    h("input", { type: "number", id, min: "0", step: "1", inputmode: "numeric", value: state.filters[key], placeholder: key === "facesFrom" ? "0" : "any",
      onchange: (event) => setFilters({ [key]: event.target.value === "" ? "" : String(Math.max(0, Math.round(Number(event.target.value)))) }) }));
  return h("fieldset", {}, h("legend", {}, "Faces"), h("div", { class: "pair" }, field("faces-from", "from", "facesFrom"), field("faces-to", "to", "facesTo")));
}

function formats() {
  const known = state.collection.formats ? Object.keys(state.collection.formats) : FORMATS;
  return h("fieldset", {}, h("legend", {}, "Format"), h("div", { class: "pills" }, known.map((name) => h("label", { class: "pill" },
    h("input", { type: "checkbox", id: `format-${name}`, checked: state.filters.formats.has(name), onchange: () => setFilters({ formats: toggled(state.filters.formats, name) }) }),
    h("span", {}, name.toUpperCase())))));
}

function dates() {
  const field = (id, label, key) => h("label", {}, h("span", {}, label),
    h("input", { type: "date", id, value: state.filters[key], onchange: (event) => setFilters({ [key]: event.target.value }) }));
  return h("fieldset", {}, h("legend", {}, "Added"), h("div", { class: "pair dates" }, field("since", "since", "since"), field("until", "until", "until")));
}
