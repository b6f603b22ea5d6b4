// The collection as a whole: classes, adding models, jobs, models that are the same shape.

import { api, show } from "./api.js";
import { announceBriefly } from "./capture.js";
import { openDetail } from "./detail.js";
import { button, fill, h, icon } from "./dom.js";
import { drawJobs, watchJobs } from "./jobs.js";
import { clearQuery, setFilters } from "./search.js";
import { noFilters, on, state, update } from "./state.js";
import { bytes, count, nameOf, some } from "./words.js";

const TIERS = { identical: "Identical geometry", scaled: "Same shape, another size", mirrored: "Mirrored", remeshed: "Same shape, another mesh" };

export function startCollection(root) {
  const head = h("header", { class: "collection-head" });
  const classes = h("section", { class: "panel classes", "aria-label": "Classes" });
  const adding = h("section", { class: "panel adding", "aria-label": "Add models" });
  const jobs = h("section", { class: "panel jobs", "aria-label": "Recent jobs" });
  const doubles = h("section", { class: "panel doubles", "aria-label": "Near-duplicates" });
  fill(root, head, h("div", { class: "panels" }, classes, h("div", { class: "panels-side" }, adding, jobs), doubles));
  on("collection view", () => {
    if (state.view !== "collection" || !state.collection) return;
    drawHead(head);
    drawClasses(classes);
    if (!adding.firstChild) drawAdding(adding, jobs);
    if (!doubles.firstChild) drawDoubles(doubles);
  });
  on("view", () => { if (state.view === "collection") watchJobs(jobs); });
  drawJobs(jobs, null);
  document.addEventListener("models-dropped", (event) => addModels(event.detail, adding, jobs));
}

function drawHead(head) {
  const { name, items, classes, modalities, version, calibrated, fingerprint } = state.collection;
  const fact = (value, label) => h("div", {}, h("dd", {}, value), h("dt", {}, label));
  fill(head, h("h1", {}, name), h("dl", { class: "big" }, fact(count(items), items === 1 ? "model" : "models"), fact(count(Object.keys(classes ?? {}).length), "classes"),
    fact(count(version), "version"), fact(calibrated ? "yes" : "no", "calibrated"), fact(fingerprint.slice(0, 7), `model for ${modalities.map((one) => ({ image: "photos", pointcloud: "scans", mesh: "meshes" }[one] ?? one)).join(", ")}`)));
}

function drawClasses(root) {
  const all = Object.entries(state.collection.classes ?? {}).sort(([a, m], [b, n]) => n - m || a.localeCompare(b, "en"));
  const most = Math.max(1, ...all.map(([, number]) => number));
  fill(root, h("h2", {}, "Classes"), all.length === 0 ? h("p", { class: "note" }, "No model has a class: it is the first folder below the one that was added.")
    : h("ul", { class: "class-bars" }, all.map(([name, number]) => {
      const inner = h("span", {});
      inner.style.inlineSize = `${(100 * number) / most}%`;
      return h("li", {}, h("button", { type: "button", title: `Show ${name}`, onclick: () => showClass(name) }, h("span", { class: "class-name" }, name), h("span", { class: "bar", "aria-hidden": "true" }, inner), h("span", { class: "class-number" }, count(number))));
    })));
}

function showClass(name) {
  update({ view: "search" });
  clearQuery();
  setFilters({ ...noFilters(), classes: new Set([name]) });
  scrollTo(0, 0);
}

function drawAdding(root, jobs) {
  if (!state.collection.writable) {
    fill(root, h("h2", {}, "Add models"), h("p", { class: "note" }, "This library is read-only here. Whoever runs it adds models with ", h("code", {}, "maquette index add"), "."));
    return;
  }
  const input = h("input", { type: "file", multiple: true, class: "unseen", tabindex: "-1", "aria-label": "Models to add", accept: ".zip,.off,.obj,.stl,.ply,.glb,.gltf,.3mf,.npy,.xyz",
    onchange: () => { addModels(input.files, root, jobs); input.value = ""; } });
  const name = h("input", { type: "text", id: "add-class", autocomplete: "off", spellcheck: "false", list: "known-classes", placeholder: "none" });
  fill(root, h("h2", {}, "Add models"), h("p", {}, "Drop models or one zip anywhere on this page. Files that cannot be read are named with a reason; the rest is added."),
    h("label", { class: "field" }, h("span", {}, "Class of these models"), name),
    h("datalist", { id: "known-classes" }, Object.keys(state.collection.classes ?? {}).map((one) => h("option", { value: one }))),
    input, h("div", { class: "row" }, button("Choose models or a zip", () => input.click(), { sign: "upload", kind: "primary" })), h("div", { class: "sending" }));
}

async function addModels(files, root, jobs) {
  if (!state.collection?.writable || !files.length) return;
  const sending = root.querySelector(".sending");
  const form = new FormData();
  for (const file of files) form.append("file", file, file.name);
  const name = root.querySelector("#add-class").value.trim();
  if (name) form.append("class", name);
  const size = [...files].reduce((sum, file) => sum + file.size, 0);
  const limit = state.collection.limits?.job_bytes ?? Infinity;
  if (size > limit) { fill(sending, h("p", { class: "fault" }, icon("warning"), `${bytes(size)}: the limit of one job is ${bytes(limit)}.`)); return; }
  const bar = h("progress", { max: "1", value: "0", "aria-label": "Sending" });
  fill(sending, h("p", {}, `Sending ${some(files.length, "file")}, ${bytes(size)}`), bar);
  try {
    await api.addModels(form, { onsend: (sent, all) => { bar.value = sent / all; } });
    fill(sending);
    announceBriefly("Received. The job is listed below.");
    watchJobs(jobs);
  } catch (error) {
    fill(sending, h("p", { class: "fault" }, icon("warning"), error.message));
  }
}

function drawDoubles(root) {
  const body = h("div", {});
  const look = button("Look for them", async () => {
    look.disabled = true;
    fill(body, h("p", { class: "note" }, "Comparing the shapes of all models …"), h("progress", { "aria-label": "Comparing" }));
    try {
      let found = await api.duplicates();
      while (found.state === "running" && state.view === "collection") {
        await new Promise((resolve) => { setTimeout(resolve, 1500); });
        found = await api.duplicates();
      }
      fill(body, found.state === "failed" ? h("p", { class: "fault" }, icon("warning"), found.reason ?? "The comparison failed; the service's log says why.") : groups(found.groups));
    } catch (error) {
      fill(body, h("p", { class: "fault" }, icon("warning"), error.message));
    }
    look.disabled = false;
  }, { sign: "compare" });
  fill(root, h("h2", {}, "Near-duplicates"), h("p", {}, "Models that are the same shape: exactly, at another size, mirrored, or with another mesh. Nothing is ever deleted by this."), h("div", { class: "row" }, look), body);
}

function groups(found) {
  if (found.length === 0) return h("p", { class: "note" }, "No two models of this library are the same shape.");
  return h("ul", { class: "double-groups" }, found.map((group) => {
    const { ids, pairs = [] } = group;
    return h("li", {}, h("p", { class: "double-tier" }, h("strong", {}, TIERS[group.tier] ?? group.tier), ` · ${some(ids.length, "model")}`),
      h("ul", { class: "double-items" }, ids.map((id) => h("li", {}, h("button", { type: "button", title: id, onclick: () => openItem(id) }, show(h("img", { alt: "", width: 88, height: 88, loading: "lazy" }), "thumbnail", id), h("span", {}, nameOf(id)))))),
      pairs.length > 0 && h("details", { class: "note" }, h("summary", {}, "Evidence"), h("ul", {}, pairs.map((pair) => h("li", {}, pair.sentence)))));
  }));
}

async function openItem(id) {
  try {
    const item = await api.item(id);
    openDetail({ probability: null, score: null, band: null, ...item });
  } catch (error) {
    announceBriefly(error.message);
  }
}
