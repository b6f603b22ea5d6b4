// Twelve pictures around a model, turned by a slider: what is looked at where there is no WebGL.

import { picture } from "./api.js";
import { h } from "./dom.js";

const FRAMES = 12;

export class Turntable {
  constructor() {
    this.faces = [];
    this.slider = h("label", { class: "turn-slider" }, h("span", {}, "Turn"), h("input", { type: "range", min: "0", max: String(FRAMES - 1), step: "1", value: "0",
      "aria-valuetext": "side 1 of 12", oninput: (event) => this.turn(Number(event.target.value), event.target) }));
  }

  /** A picture of an item that turns with the slider. */
  face(id, label) {
    const face = h("div", { class: "turn-face", role: "img", "aria-label": `${label}, side 1 of ${FRAMES}`, dataset: { label } });
    this.faces.push(face);
    picture("turntable", id).then((url) => { face.style.backgroundImage = `url("${url}")`; }, () => { face.textContent = "No pictures of this model"; });
    return face;
  }

  turn(frame, slider) {
    slider.setAttribute("aria-valuetext", `side ${frame + 1} of ${FRAMES}`);
    for (const face of this.faces) {
      face.style.backgroundPositionX = `${(frame * 100) / (FRAMES - 1)}%`;
      face.setAttribute("aria-label", `${face.dataset.label}, side ${frame + 1} of ${FRAMES}`);
    }
  }
}
