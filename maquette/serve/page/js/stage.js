// The place where models are looked at: panes with labels, buttons for every movement, pictures where 3D is not to be had.

import { button, fill, h, icon, signButton } from "./dom.js";
import { Turntable } from "./turntable.js";

const MODEL_COLOR = "#c8cbd0";
const QUERY_COLOR = "#5b8def";

/**
 * A stage for panes {label, note?, load?(signal) -> GLB, picture?, id?}: a model that is loaded, a picture, or neither.
 * Returns {element, close, align}. `overlay`: two models may be laid over each other, once `align` was told how.
 */
export function makeStage(panes, { overlay = false } = {}) {
  const stop = new AbortController();
  const labels = panes.map((pane) => h("div", { class: "pane" }, h("p", { class: "pane-label" }, h("strong", {}, pane.label), pane.note && h("span", {}, pane.note)),
    h("p", { class: "pane-state" }, pane.picture || !pane.load ? "" : "Loading …")));
  labels.forEach((label, place) => {
    const { picture, load, missing } = panes[place];
    if (picture) label.append(h("img", { class: "pane-picture", src: picture, alt: panes[place].label }));
    else if (!load) label.querySelector(".pane-state").textContent = missing ?? "";
  });
  const grid = h("div", { class: `panes panes-${panes.length}` }, labels);
  const canvas = h("div", { class: "stage", tabindex: "0", role: "application", "aria-roledescription": "3D viewer",
    "aria-label": `${panes.map((pane) => pane.label).join(" and ")}. Arrow keys turn, plus and minus zoom, 0 sets back.` }, grid);
  const tools = h("div", { class: "stage-tools", role: "toolbar", "aria-label": "Viewer" });
  const element = h("div", { class: "stage-box" }, canvas, tools);
  let viewer = null, alignment = null, wires = false, laid = false, turntable = null;

  const modes = h("div", { class: "segments", role: "group", "aria-label": "Arrangement" });
  const drawModes = () => {
    if (!overlay || panes.some((pane) => !pane.load)) { modes.hidden = true; return; }
    const focused = modes.contains(document.activeElement);
    const one = (label, yes) => button(label, () => lay(yes), { "aria-pressed": String(laid === yes), kind: "segment" });
    fill(modes, one("Side by side", false), one("Overlaid", true));
    if (focused) modes.querySelector('[aria-pressed="true"]').focus();
  };
  const lay = (yes) => {
    laid = yes;
    canvas.classList.toggle("overlaid", yes);
    viewer?.overlay(yes, alignment);
    drawModes();
  };

  async function start() {
    let module;
    try {
      const [{ Viewer }, model] = await Promise.all([import("./viewer.js"), import("./model.js")]);
      module = model;
      if (stop.signal.aborted) return;
      viewer = new Viewer(canvas);
    } catch (error) {
      withoutWebGL(error);
      return;
    }
    canvas.addEventListener("lost", () => { viewer?.close(); viewer = null; withoutWebGL(new Error("The graphics card gave up.")); });
    const wire = button("Wires", () => { wires = !wires; viewer.wireframe(wires); wire.setAttribute("aria-pressed", String(wires)); }, { sign: "mesh", kind: "quiet", "aria-pressed": "false" });
    fill(tools, modes, h("div", { class: "stage-moves" },
      signButton("left", "Turn left", () => viewer.turn(-30)), signButton("right", "Turn right", () => viewer.turn(30)),
      signButton("minus", "Further away", () => viewer.zoom(1.2)), signButton("plus", "Nearer", () => viewer.zoom(0.83)),
      signButton("reset", "Set back", () => viewer.reset()), wire));
    drawModes();
    const models = panes.map(() => null);
    await Promise.all(panes.map(async (pane, place) => {
      if (!pane.load) return;
      const state = labels[place].querySelector(".pane-state");
      try {
        const glb = await pane.load(stop.signal);
        const color = pane.query ? QUERY_COLOR : MODEL_COLOR;
        const dressed = await module.dressedModel(glb, { color, own: false });
        if (stop.signal.aborted || !viewer) { module.dispose(dressed); return; }
        models[place] = dressed;
        state.textContent = "";
        viewer.show([...models]);
        labels[place].dataset.loaded = "true";
      } catch (error) {
        if (error.name === "AbortError") return;
        state.textContent = error.message;
        labels[place].classList.add("failed");
      }
    }));
    if (!stop.signal.aborted) canvas.dataset.ready = "true";
    if (alignment) viewer?.overlay(laid, alignment);
  }

  /** Pictures all around in place of the model: the same strip that turns in the list. */
  function withoutWebGL(error) {
    if (stop.signal.aborted) return;
    canvas.classList.add("flat");
    canvas.removeAttribute("role");
    canvas.removeAttribute("aria-roledescription");
    canvas.removeAttribute("tabindex");
    turntable = new Turntable();
    labels.forEach((label, place) => {
      const { id, picture, load } = panes[place];
      const state = label.querySelector(".pane-state");
      if (id) { label.append(turntable.face(id, panes[place].label)); state.textContent = ""; }
      else if (!picture) state.textContent = load ? "Shown in 3D only" : state.textContent;
    });
    fill(tools, turntable.slider, h("p", { class: "stage-note" }, icon("warning"), `${error.message.replace(/\.$/, "")}. These are pictures from twelve sides.`));
    canvas.dataset.ready = "true";
  }

  start();
  return {
    element,
    /** Lay the query over the candidate as the service found that it fits best. */
    async align({ alignment: found, from, onto }) {
      const { alignmentMatrix } = await import("./viewer.js");
      alignment = alignmentMatrix(found, from, onto);
      if (laid) viewer?.overlay(true, alignment);
    },
    close() {
      stop.abort();
      viewer?.close();
      viewer = null;
    },
  };
}
