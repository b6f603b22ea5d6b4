// What was found, grouped by how sure it is; and every state in which there is nothing to show.

import { queryInWords } from "./tray.js";
import { button, fill, h, icon } from "./dom.js";
import { drawCard } from "./card.js";
import { again, browse, clearFilters, clearQuery, PAGE, pushAddress, refresh, search } from "./search.js";
import { copyLink, saveCsv } from "./selection.js";
import { filterCount, on, state, update } from "./state.js";
import { bytes, count, duration, percent, some } from "./words.js";

const BANDS = {
  likely: ["Likely", "90 % or more to be of the same class"],
  similar: ["Similar", "50 to 90 %"],
  weak: ["Weak", "below 50 %"],
};
const SORTS = [["match", "Best match"], ["name", "Name"], ["faces", "Most faces"], ["newest", "Newest"]];
let timer = null;

export function startResults(root) {
  on("answer failed busy browse sort weakOpen collection", () => draw(root));
}

function draw(root) {
  const focused = root.contains(document.activeElement) ? document.activeElement.dataset.id ?? document.activeElement.dataset.focus : null;
  clearInterval(timer);
  root.setAttribute("aria-busy", String(Boolean(state.busy)));
  fill(root, content());
  if (focused) root.querySelector(`[data-id="${CSS.escape(focused)}"], [data-focus="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  document.querySelector(".work").classList.toggle("bare", Boolean(state.collection && state.collection.items === 0 && !state.failed));
}

function content() {
  if (state.busy && !state.busy.quiet) return [working(), state.answer ? h("div", { class: "stale", inert: true }, found()) : skeleton()];
  if (state.failed) return [failure(state.failed), state.parts.length === 0 && state.browse?.items.length ? library() : null];
  if (state.answer) return found();
  if (!state.collection) return skeleton();
  if (state.collection.items === 0) return emptyLibrary();
  return state.browse ? library() : skeleton();
}

/** The stage that is really going on: bytes that leave are counted, the rest is timed. */
function working() {
  const { words, share, since } = state.busy;
  const clock = h("span", { class: "clock" });
  const tick = () => { clock.textContent = `${((performance.now() - since) / 1000).toFixed(1)} s`; };
  tick();
  timer = setInterval(tick, 100);
  return h("div", { class: "working" },
    h("p", {}, words, " ", clock),
    h("progress", { "aria-label": words, max: "1", ...(share === null ? {} : { value: String(share) }) }),
    button("Stop", () => (state.answer ? update({ busy: null }) : clearQuery()), { kind: "quiet" }));
}

const skeleton = () => h("ul", { class: "cards skeleton", "aria-hidden": "true" }, Array.from({ length: 8 }, () => h("li", { class: "card" }, h("div", { class: "tile" }), h("p", {}), h("p", {}))));

function found() {
  const { answer } = state;
  const calibrated = answer.hits.some((hit) => hit.probability !== null);
  const groups = calibrated ? Object.keys(BANDS).map((band) => group(band, answer.hits.filter((hit) => hit.band === band))) : [nearest(answer.hits)];
  return [
    toolbar(answer.hits.length, answer.items, h("span", { class: "facts" },
      ` · ${queryInWords()} · ${duration(Object.values(answer.seconds).reduce((sum, one) => sum + one, 0))}${answer.exact ? " · exact" : ""}`), true),
    refusals(answer.refused ?? []),
    answer.rejected && answer.hits.length > 0 && notice("Nothing like this here", "No model of this library is likely to be what you look for. The nearest ones are below, for comparison."),
    answer.hits.length === 0 ? nothing() : groups,
    answer.covering && answer.hits.length >= answer.covering && !answer.rejected
      && h("p", { class: "note promise" }, answer.covering === 1 ? "In 9 of 10 such queries the first model is a right one."
        : `In 9 of 10 such queries a right model is among the first ${answer.covering}.`),
    answer.hits.length >= state.k && state.k < answer.items
      && h("p", { class: "more" }, button(`Show ${PAGE} more`, () => { update({ k: state.k + PAGE }); again(undefined, { quiet: true }); }, { "data-focus": "more" })),
  ];
}

function sorted(hits) {
  const by = { match: null, name: (a, b) => a.id.localeCompare(b.id, "en", { numeric: true }), faces: (a, b) => (b.metadata.faces ?? -1) - (a.metadata.faces ?? -1),
    newest: (a, b) => String(b.metadata.added ?? "").localeCompare(String(a.metadata.added ?? "")) }[state.sort];
  return by ? [...hits].sort(by) : hits;
}

function group(band, hits) {
  if (hits.length === 0) return null;
  const [word, note] = BANDS[band];
  const cards = h("ul", { class: "cards" }, sorted(hits).map(drawCard));
  const title = [h("span", { class: `mark ${band}`, "aria-hidden": "true" }), word, " ", h("span", { class: "group-count" }, count(hits.length)), h("span", { class: "group-note" }, note)];
  if (band !== "weak") return h("section", { class: `group ${band}`, "aria-label": `${word}: ${hits.length}` }, h("h2", {}, title), cards);
  const alone = state.answer.hits.every((hit) => hit.band === "weak");
  return h("details", { class: "group weak", open: state.weakOpen || alone, ontoggle: (event) => { state.weakOpen = event.target.open; } },
    h("summary", { dataset: { focus: "weak" } }, h("h2", {}, title, icon("down"))), cards);
}

function nearest(hits) {
  return h("section", { class: "group", "aria-label": `Nearest: ${hits.length}` },
    h("h2", {}, "Nearest", " ", h("span", { class: "group-count" }, count(hits.length)),
      h("span", { class: "group-note" }, "in one group: there are no probabilities for this query")),
    h("ul", { class: "cards" }, sorted(hits).map(drawCard)),
    !state.collection?.calibrated && h("p", { class: "note promise" }, "Numbers are similarities (cosines), not chances. ", h("code", {}, "maquette index calibrate"), " turns them into probabilities."));
}

function library() {
  const { total, items } = state.browse;
  const hits = items.map((item) => ({ ...item, probability: null, score: null, band: null }));
  const all = state.collection?.items ?? total;
  return [
    toolbar(total, all, null, false),
    total === 0 ? nothing() : h("section", { class: "group", "aria-label": "The library" }, h("ul", { class: "cards" }, hits.map(drawCard))),
    items.length < total && h("p", { class: "more" }, button(`Show ${Math.min(PAGE, total - items.length)} more`, () => browse({ more: true }), { "data-focus": "more" })),
  ];
}

function toolbar(number, all, facts, searched) {
  const sort = h("select", { id: "sort", onchange: (event) => {
    update({ sort: event.target.value });
    pushAddress();
    if (!state.answer) browse();
  } }, SORTS.filter(([value]) => searched || value !== "match").map(([value, label]) => h("option", { value, selected: state.sort === value }, label)));
  if (!searched && state.sort === "match") sort.value = "name";
  const title = searched ? h("h2", { class: "tally" }, number < all ? [h("strong", {}, count(number)), ` of ${count(all)}`] : h("strong", {}, count(number)), facts)
    : h("h2", { class: "tally" }, filterCount() ? [h("strong", {}, count(number)), ` of ${some(all, "model")}`] : "In this library");
  return h("div", { class: "toolbar" }, title,
    h("div", { class: "toolbar-tools" },
      h("label", { class: "sort" }, h("span", {}, "Sort"), sort),
      searched && button("Link", copyLink, { sign: "link", kind: "quiet", title: "Copy an address that restores this search" }),
      searched && button("CSV", () => saveCsv(state.answer.hits), { sign: "table", kind: "quiet", title: "Save this list as a table" })));
}

const notice = (title, text, ...tools) => h("div", { class: "notice" }, h("div", {}, h("h2", {}, title), h("p", {}, text), tools.length > 0 && h("div", { class: "row" }, tools)));

function refusals(refused) {
  if (refused.length === 0) return null;
  return h("div", { class: "notice warn" }, icon("warning"), h("div", {}, h("h2", {}, `${some(refused.length, "file")} not used`),
    h("ul", {}, refused.map(({ name, reason }) => h("li", {}, h("strong", {}, name), " ", reason))),
    h("p", {}, "The search went on with the rest.")));
}

const nothing = () => (filterCount()
  ? notice("No model passes these filters", "Take one away, or all of them.", button("Clear the filters", clearFilters, { kind: "primary" }))
  : notice("Nothing found", "The library holds no model to compare with."));

function emptyLibrary() {
  const { writable } = state.collection;
  return h("div", { class: "empty" }, icon("item"),
    h("h2", {}, "This library is empty"),
    h("p", {}, writable ? "Add a folder of models, and they can be found by photo, scan or mesh a moment later." : "Whoever runs it can add a folder of models:"),
    writable && h("div", { class: "row" }, h("a", { href: "?view=collection", class: "button primary", "data-go": "collection" }, icon("plus"), h("span", {}, "Add models here"))),
    h("p", { class: "note" }, writable ? "Or in a terminal: " : "", h("code", {}, "maquette index add COLLECTION models/")));
}

/** Why there is no answer: what was refused with its limit and value, or what is in the way, and what to do. */
function failure(error) {
  const refused = state.parts.filter((part) => part.refused);
  const retry = button("Try again", () => (state.parts.length ? search() : refresh()), { kind: "primary" });
  const change = button("New search", clearQuery);
  if (error.code === "unreachable") return notice("The service does not answer", "It may have been stopped, or the network is away. Your query is kept on this page.", retry);
  if (error.status === 429) return notice("The service is busy", error.message, retry);
  if (error.status === 404) return notice("This query is not kept any more", "The service forgets old queries in time. Drop the files again to search.", change);
  if (error.code === "only-negative") return notice("Nothing to look for", error.message, change);
  if (refused.length || [413, 415, 422].includes(error.status)) {
    return h("div", { class: "notice warn" }, icon("warning"), h("div", {}, h("h2", {}, refused.length > 1 ? "These files cannot be used" : "This file cannot be used"),
      error.code !== "refused" && h("p", {}, error.message), limits(error),
      error.code === "refused" && h("ul", {}, refused.map((part) => h("li", {}, h("strong", {}, part.name), " ", part.refused))),
      h("p", { class: "note" }, "Read are PNG, JPEG, WebP; OFF, OBJ, STL, PLY, GLB, glTF, 3MF; NPY, XYZ. STEP and other CAD files have to be saved as STL or OBJ first."),
      h("div", { class: "row" }, change)));
  }
  return notice("The search did not work", error.message, retry, change);
}

function limits({ limit, value, status }) {
  if (limit === null || value === null || limit === undefined || value === undefined) return null;
  const say = status === 413 ? bytes : count;
  return h("dl", { class: "limits" }, h("div", {}, h("dt", {}, "Given"), h("dd", {}, say(value))), h("div", {}, h("dt", {}, "Limit"), h("dd", {}, say(limit))),
    h("div", { class: "limit-bar", "aria-hidden": "true" }, h("progress", { max: "1", value: String(Math.min(1, limit / value)) }), h("span", {}, percent(value / limit))));
}
