// The query: a drop zone, and what was put into it with weights and what was assumed.

import { show } from "./api.js";
import { camera, pasteButton } from "./capture.js";
import { button, fill, h, icon, signButton } from "./dom.js";
import { drawExamples } from "./examples.js";
import { addFiles, changePart, clearQuery, setParts, turnPart } from "./search.js";
import { on, state } from "./state.js";
import { assumptions, MODALITIES, some } from "./words.js";

export const ACCEPT = ".png,.jpg,.jpeg,.webp,.off,.obj,.stl,.ply,.glb,.gltf,.3mf,.npy,.xyz";
let picker = null;
const lists = new Map();

export function startTray(root) {
  picker = h("input", { type: "file", multiple: true, accept: ACCEPT, class: "unseen", id: "picker", tabindex: "-1", "aria-label": "Files to search by",
    onchange: () => { if (picker.files.length) addFiles(picker.files); picker.value = ""; } });
  const zone = h("div", { class: "zone" });
  const tray = h("ul", { class: "tray", "aria-label": "Parts of the query" });
  const notes = h("div", { class: "tray-notes" });
  const examples = h("div", { class: "examples" });
  fill(root, picker, h("h1", { class: "unseen" }, "Search by photo, scan or mesh"), zone, tray, notes, examples);
  drawZone(zone);
  on("parts collection", () => { drawZone(zone); drawTray(tray, notes); examples.hidden = state.parts.length > 0; root.classList.toggle("asked", state.parts.length > 0); });
  on("collection", () => drawExamples(examples));
  dropping();
}

export const choose = () => picker.click();

export function focusZone() {
  document.querySelector(".zone .choose").focus();
}

function drawZone(zone) {
  const asked = state.parts.length > 0;
  if (zone.dataset.asked === String(asked)) return;
  const had = zone.contains(document.activeElement);
  zone.dataset.asked = String(asked);
  const tools = [button(asked ? "Add files" : "Choose files", choose, { sign: asked ? "plus" : "upload", kind: asked ? "choose" : "choose primary", "aria-keyshortcuts": "/" }),
    camera(), pasteButton()];
  if (asked) {
    fill(zone, h("div", { class: "zone-tools" }, tools, button("New search", () => { clearQuery(); focusZone(); }, { sign: "close", kind: "quiet" })));
  } else {
    fill(zone,
      h("div", { class: "zone-signs", "aria-hidden": "true" }, icon("photo"), icon("scan"), icon("mesh")),
      h("p", { class: "zone-title" }, "Drop a photo, a scan or a mesh"),
      h("p", { class: "zone-note" }, "Or several at once: they make one query."),
      h("div", { class: "zone-tools" }, tools),
      h("p", { class: "zone-formats" }, "PNG, JPEG, WebP · OFF, OBJ, STL, PLY, GLB, glTF, 3MF · NPY, XYZ"));
  }
  if (had) focusZone();
}

function dropping() {
  let depth = 0;
  const over = (yes) => document.documentElement.classList.toggle("dropping", yes);
  const files = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  addEventListener("dragenter", (event) => { if (files(event)) { depth += 1; over(true); event.preventDefault(); } });
  addEventListener("dragleave", (event) => { if (files(event)) { depth = Math.max(0, depth - 1); over(depth > 0); } });
  addEventListener("dragover", (event) => { if (files(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    depth = 0;
    over(false);
    if (state.view === "search") addFiles(event.dataTransfer.files);
    else document.dispatchEvent(new CustomEvent("models-dropped", { detail: event.dataTransfer.files }));
  });
}

function drawTray(tray, notes) {
  const focused = document.activeElement?.dataset?.focus;
  tray.hidden = state.parts.length === 0;
  const keys = new Set(state.parts.map((part) => part.key));
  lists.forEach((_, key) => { if (!keys.has(key)) lists.delete(key); });
  fill(tray, state.parts.map(partRow));
  if (focused) tray.querySelector(`[data-focus="${focused}"]`)?.focus();
  const kept = state.parts.some((part) => part.kind === "kept");
  fill(notes, kept && h("p", { class: "note" }, "This query came with its address. Its files stay with the service; filters and order can be changed, and a new file starts a new query."));
}

function partRow(part) {
  const what = part.readAs ?? (part.modality === "file" ? null : part.modality);
  const word = part.refused ? "refused" : MODALITIES[what] ?? "3D file";
  const key = (name) => ({ focus: `${part.key}-${name}` });
  const said = part.assumed ? assumptions(part.assumed) : [];
  const kept = part.kind === "kept";
  const weigh = !part.refused && !kept && (state.parts.length > 1);
  return h("li", { class: `part${part.negative ? " negative" : ""}${part.refused ? " refused" : ""}` },
    h("div", { class: "part-picture" }, partPicture(part, what)),
    h("div", { class: "part-body" },
      h("p", { class: "part-name", title: part.name }, part.name),
      h("p", { class: "part-kind" }, part.refused && icon("warning"), part.negative && !part.refused ? `not like this ${word}` : word, kept && ` · weight ${part.weight}`),
      part.refused && h("p", { class: "part-reason" }, part.refused),
      weigh && h("label", { class: "weight" }, h("span", {}, "Weight"),
        h("input", { type: "range", min: "0", max: "2", step: "0.1", value: String(part.weight), dataset: key("weight"),
          "aria-label": `Weight of ${part.name}`, "aria-valuetext": part.weight.toFixed(1),
          oninput: (event) => { event.target.nextElementSibling.textContent = Number(event.target.value).toFixed(1); },
          onchange: (event) => changePart(part.key, { weight: Number(event.target.value) }) }),
        h("output", {}, part.weight.toFixed(1))),
      said.length > 0 && h("details", { class: "assumed", open: lists.get(part.key), ontoggle: (event) => lists.set(part.key, event.target.open) },
        h("summary", { dataset: key("assumed") }, `Assumed: ${said[0]}${said.length > 1 ? `, and ${said.length - 1} more` : ""}`),
        said.length > 1 && h("ul", {}, said.slice(1).map((words) => h("li", {}, words)))),
      !kept && part.kind === "file" && part.modality !== "image" && !part.refused && h("label", { class: "read-as" }, h("span", {}, "Read as"),
        h("select", { dataset: key("as"), "aria-label": `Read ${part.name} as`, onchange: (event) => changePart(part.key, { modality: event.target.value }) },
          [["file", "what it is"], ["mesh", "mesh"], ["pointcloud", "scan"]].map(([value, label]) => h("option", { value, selected: part.modality === value }, label))))),
    !kept && h("div", { class: "part-tools" },
      !part.refused && signButton(part.negative ? "plus" : "minus", part.negative ? `Look for ${part.name} again` : `Not like this: ${part.name}`,
        () => turnPart(part), { dataset: key("not"), "aria-pressed": String(part.negative) }),
      signButton("close", `Remove ${part.name}`, () => removePart(part), { dataset: key("remove") })));
}

function removePart(part) {
  setParts(state.parts.filter((other) => other !== part));
  focusZone();
}

function partPicture(part, what) {
  if (part.url) return h("img", { src: part.url, alt: "" });
  if (part.item) return show(h("img", { alt: "" }), "thumbnail", part.item);
  return icon({ image: "photo", pointcloud: "scan", item: "item" }[what] ?? "mesh");
}

/** What the query is, in one line. */
export function queryInWords() {
  const used = state.parts.filter((part) => !part.refused);
  const tally = new Map();
  for (const part of used) {
    const word = MODALITIES[part.readAs ?? part.modality] ?? "3D file";
    tally.set(word, (tally.get(word) ?? 0) + 1);
  }
  return [...tally].map(([word, number]) => (word === "mesh" ? some(number, "mesh", "meshes") : some(number, word))).join(" + ");
}
