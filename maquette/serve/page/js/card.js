// One model in a list: a picture that turns under the pointer, its name, and how sure it is.

import { picture, show } from "./api.js";
import { h, icon } from "./dom.js";
import { openDetail } from "./detail.js";
import { toggle } from "./selection.js";
import { state } from "./state.js";
import { count, nameOf, percent } from "./words.js";

export const FRAMES = 12;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const WORDS = { likely: "likely", similar: "similar", weak: "weak" };

export function drawCard(hit) {
  const chosen = state.selected.has(hit.id);
  const sure = hit.probability !== null && hit.probability !== undefined;
  const facts = [hit.class, hit.metadata?.faces ? `${count(hit.metadata.faces)} faces` : hit.metadata?.points ? `${count(hit.metadata.points)} points` : null].filter(Boolean);
  const label = [nameOf(hit.id), ...facts, sure ? `${WORDS[hit.band]}, ${percent(hit.probability)}` : hit.score !== null ? `similarity ${hit.score.toFixed(2)}` : null, chosen ? "selected" : null];
  const tile = h("span", { class: "tile" }, show(h("img", { alt: "", loading: "lazy", width: 224, height: 224 }), "thumbnail", hit.id), h("span", { class: "turn", "aria-hidden": "true" }));
  const open = h("button", { type: "button", class: "card-open", dataset: { id: hit.id }, "aria-label": label.filter(Boolean).join(", "), title: hit.id,
    "aria-keyshortcuts": "Enter Space", onclick: () => openDetail(hit) },
  tile,
  h("span", { class: "card-name" }, nameOf(hit.id)),
  h("span", { class: "card-facts" }, facts.join(" · ")),
  sure ? h("span", { class: `card-sure ${hit.band}` }, h("span", { class: "card-number" }, percent(hit.probability)), bar(hit.probability), h("span", { class: "card-band" }, WORDS[hit.band]))
    : hit.score !== null && h("span", { class: "card-sure" }, h("span", { class: "card-number" }, hit.score.toFixed(2)), bar(Math.max(0, hit.score)), h("span", { class: "card-band" }, "cosine")));
  turnOver(open, tile.lastChild, hit.id);
  return h("li", { class: `card${chosen ? " chosen" : ""}` }, open,
    h("button", { type: "button", class: "card-select", "aria-pressed": String(chosen), "aria-label": `Select ${nameOf(hit.id)}`, title: "Select (Space)", onclick: () => toggle(hit) }, icon("check")));
}

function bar(share) {
  const fill = h("span", {});
  fill.style.inlineSize = `${Math.round(100 * share)}%`;
  return h("span", { class: "bar", "aria-hidden": "true" }, fill);
}

/** Load the strip of pictures when a pointer or the focus comes, and let it turn; where motion is unwanted it stays. */
function turnOver(open, turn, id) {
  let wanted = false, loaded = false;
  const begin = () => {
    if (still.matches) return;
    wanted = true;
    if (loaded) { open.classList.add("turning"); return; }
    setTimeout(async () => {
      if (!wanted || loaded) return;
      try {
        const url = await picture("turntable", id);
        const strip = new Image();
        strip.src = url;
        await strip.decode();
        loaded = true;
        turn.style.backgroundImage = `url("${url}")`;
        if (wanted) open.classList.add("turning");
      } catch { /* no turntable: the thumbnail stays */ }
    }, 120);
  };
  const end = () => { wanted = false; open.classList.remove("turning"); };
  open.addEventListener("pointerenter", begin);
  open.addEventListener("pointerleave", end);
  open.addEventListener("focus", () => { if (open.matches(":focus-visible")) begin(); });
  open.addEventListener("blur", end);
}
