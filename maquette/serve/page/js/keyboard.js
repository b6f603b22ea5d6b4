// Everything by keys: what they do where, and a page that says so.

import { paste } from "./capture.js";
import { h, openDialog } from "./dom.js";
import { clearSelection, compareSelected, toggle } from "./selection.js";
import { state } from "./state.js";
import { choose, focusZone } from "./tray.js";

const KEYS = [
  ["/", "go to the query"],
  ["O", "choose files"],
  ["V", "paste a picture"],
  ["← ↑ ↓ →", "move among the models"],
  ["Enter", "open the model"],
  ["Space", "select, or not"],
  ["C", "compare what is selected"],
  ["N, P, ← →", "in an open model: the next, the one before"],
  ["← ↑ ↓ →, + −, 0", "in the viewer: turn, zoom, set back"],
  ["?", "this list"],
  ["Esc", "close; without a window: clear the selection"],
];

export function startKeyboard() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input, select, textarea, [contenteditable]") && event.key !== "Escape") return;
    if (document.querySelector("dialog[open]")) return;
    const card = event.target.closest(".card-open");
    if (card && moveFrom(card, event.key)) { event.preventDefault(); return; }
    if (card && event.key === " ") { event.preventDefault(); select(card); return; }
    if (!card && event.key === "ArrowDown" && !event.target.closest("summary, button, a, [tabindex='0']")) {
      const first = document.querySelector(".results .card-open");
      if (first) { event.preventDefault(); first.focus(); }
      return;
    }
    const acts = { "/": focusZone, o: choose, v: paste, c: compareSelected, "?": openHelp, Escape: clearSelection };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || (state.view !== "search" && event.key !== "?")) return;
    event.preventDefault();
    act();
  });
  // A button is pressed by Space when the key comes up; here Space selects.
  document.addEventListener("keyup", (event) => { if (event.key === " " && event.target.closest(".card-open")) event.preventDefault(); });
}

function select(open) {
  const all = state.answer ? state.answer.hits : state.browse?.items ?? [];
  const hit = all.find((one) => one.id === open.dataset.id);
  if (hit) toggle({ probability: null, score: null, band: null, ...hit });
}

/** Move the focus to a neighbouring card; up and down by where the cards stand. */
function moveFrom(card, key) {
  if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(key)) return false;
  const cards = [...document.querySelectorAll(".results .card-open")].filter((open) => open.checkVisibility());
  const place = cards.indexOf(card);
  let next = { ArrowLeft: cards[place - 1], ArrowRight: cards[place + 1], Home: cards[0], End: cards.at(-1) }[key];
  if (key === "ArrowUp" || key === "ArrowDown") {
    const here = card.getBoundingClientRect();
    const rows = cards.map((open) => ({ open, box: open.getBoundingClientRect() }))
      .filter(({ box }) => (key === "ArrowDown" ? box.top > here.top + 8 : box.top < here.top - 8));
    const row = key === "ArrowDown" ? Math.min(...rows.map(({ box }) => box.top)) : Math.max(...rows.map(({ box }) => box.top));
    next = rows.filter(({ box }) => Math.abs(box.top - row) < 8).sort((a, b) => Math.abs(a.box.left - here.left) - Math.abs(b.box.left - here.left))[0]?.open;
  }
  next?.focus();
  return true;
}

export function openHelp() {
  openDialog({ title: "Keyboard and help", kind: "small help", content: h("div", {},
    h("dl", { class: "keys" }, KEYS.map(([keys, does]) => h("div", {}, h("dt", {}, keys.split(/(, | )/).map((part) => (/^(, | )$/.test(part) ? part : h("kbd", {}, part)))), h("dd", {}, does)))),
    h("h3", {}, "How it finds"),
    h("p", {}, "Each model, photo, scan and mesh becomes a point in one space; the nearest models are shown. Several parts make one query, each with its weight; “not like this” moves away from a part."),
    h("p", {}, "Likely, similar and weak say how probable it is that a model is of the class of the query, measured on models that were not used in training.")) });
}
