// Asking the service: a query's parts become a form, the answer becomes the state.

import { api, ApiError, remember } from "./api.js";
import { announce } from "./dom.js";
import { addressOfState, conditions, noFilters, state, update } from "./state.js";
import { bytes, nameOf, some } from "./words.js";

export const PAGE = 24;
const PICTURES = /\.(png|jpe?g|webp|bmp)$/i;
const CLOUDS = /\.(xyz|npy|pts)$/i;
const FIELDS = ["image", "pointcloud", "mesh", "file", "like", "unlike"];  // the order in which weights are counted
const NOT_LIKE = 0.5;  // what the service takes for "not like this": enough to turn away, too little to lead
let running = null;
let browsing = null;
let nextKey = 1;

/** What a file seems to be, by its ending; the service decides for those that may be either. */
export const guess = (name) => (PICTURES.test(name) ? "image" : CLOUDS.test(name) ? "pointcloud" : "file");

const largest = () => state.collection?.limits?.file_bytes ?? Infinity;

/** Add files to the query and search. Files that are over the limit are refused here, before they are sent. */
export function addFiles(files, { fresh = false } = {}) {
  const parts = [...files].map((file) => {
    const modality = guess(file.name);
    const tooLarge = file.size > largest();
    return {
      key: nextKey++, kind: "file", file, name: file.name, modality, weight: 1, negative: false,
      url: modality === "image" ? URL.createObjectURL(file) : null,
      refused: tooLarge ? `${bytes(file.size)}: the limit is ${bytes(largest())}.` : null,
    };
  });
  setParts([...(fresh ? [] : keptAside()), ...parts]);
}

/** Add an item of the library: "more like this", or, negative, "not like this". */
export function addItem(hit, { negative = false, fresh = false } = {}) {
  const others = (fresh ? [] : keptAside()).filter((part) => part.item !== hit.id);
  setParts([...others, { key: nextKey++, kind: "item", item: hit.id, name: nameOf(hit.id), modality: "item", weight: negative ? NOT_LIKE : 1, negative }]);
}

/** Parts that can go into a new query: files of a linked query stay with the service. */
const keptAside = () => state.parts.filter((part) => part.kind !== "kept");

export function setParts(parts) {
  const gone = state.parts.filter((part) => part.url && !parts.includes(part));
  update({ parts });
  gone.forEach((part) => URL.revokeObjectURL(part.url));
  if (parts.some((part) => part.kind !== "kept")) search();
  else clearQuery();
}

/** Turn a part into "not like this", or back. */
export const turnPart = (part) => changePart(part.key, part.negative ? { negative: false, weight: part.before ?? 1 } : { negative: true, before: part.weight, weight: Math.min(part.weight, NOT_LIKE) });

/** Change one part; `again` searches with it. */
export function changePart(key, changes, again = true) {
  update({ parts: state.parts.map((part) => (part.key === key ? { ...part, ...changes } : part)) });
  if (again) search();
}

export function clearQuery() {
  running?.abort();
  running = null;
  state.parts.forEach((part) => part.url && URL.revokeObjectURL(part.url));
  update({ parts: [], answer: null, failed: null, busy: null, selected: new Map(), k: PAGE, weakOpen: false });
  pushAddress();
  browse();
}

const fieldOf = (part) => (part.kind === "file" ? part.modality : part.negative ? "unlike" : "like");

function formOf(parts) {
  const form = new FormData();
  const ordered = FIELDS.flatMap((field) => parts.filter((part) => fieldOf(part) === field));
  for (const part of ordered) {
    if (part.kind === "item") form.append(fieldOf(part), part.item);
    else form.append(part.modality, part.file, part.name);
  }
  form.append("weights", JSON.stringify(ordered.map((part) => (part.negative ? -part.weight : part.weight))));
  form.append("k", state.k);
  conditions().forEach((condition) => form.append("where", condition));
  return form;
}

/** Search with the parts as they are. */
export async function search() {
  const parts = state.parts.filter((part) => part.kind !== "kept" && !part.refused);
  running?.abort();
  if (!parts.some((part) => !part.negative && part.weight > 0)) {
    const refused = state.parts.filter((part) => part.refused);
    update({ busy: null, answer: null, failed: new ApiError(0, refused.length && !parts.length
      ? { code: "refused", message: "No file of this query can be used." }
      : { code: "only-negative", message: "A query needs at least one part to look for. Add a file or a model that counts for it." }) });
    return;
  }
  const size = parts.reduce((sum, part) => sum + (part.file?.size ?? 0), 0);
  const watch = {
    onsend: (sent, all) => update({ busy: { ...state.busy, stage: "send", words: `Sending ${bytes(Math.min(sent, size))} of ${bytes(size)}`, share: sent / all } }),
    onsent: () => update({ busy: { ...state.busy, stage: "work", words: `Reading ${some(parts.length, "part")}, then comparing with ${some(state.collection?.items ?? 0, "model")}`, share: null } }),
  };
  await run((signal) => api.search(formOf(parts), { ...watch, signal }), size ? `Sending ${bytes(size)}` : "Comparing");
}

/** Run the query of an address, or the present one with other filters or more results. */
export async function again(id = state.answer?.query_id, more = {}) {
  if (!id) { if (state.parts.length) await search(); else await browse(); return; }
  await run((signal) => api.again(id, { k: state.k, where: conditions(), signal }), more.words ?? "Comparing", more.quiet);
}

async function run(ask, words, quiet = false) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  update({ busy: { stage: "send", words, share: 0, since: performance.now(), quiet }, failed: null });
  try {
    const answer = await ask(mine.signal);
    if (running !== mine) return;
    running = null;
    receive(answer);
  } catch (error) {
    if (error.name === "AbortError" || running !== mine) return;
    running = null;
    update({ busy: null, failed: error instanceof ApiError ? error : new ApiError(0, { message: String(error.message) }) });
    announce(error.message);
  }
}

function receive(answer) {
  remember(answer.hits);
  // Parts are told apart by name and order: what the service used, and what it refused with which reason.
  const used = [...answer.query];
  const refused = [...(answer.refused ?? [])];
  const take = (list, part) => {
    const place = list.findIndex((one) => one.name === part.name || one.name === part.item);
    return place < 0 ? null : list.splice(place, 1)[0];
  };
  const parts = state.parts.filter((part) => part.kind !== "kept").map((part) => {
    if (part.kind === "file" && part.refused && part.file.size > largest()) return part;
    const told = take(used, part);
    if (told) return { ...part, number: told.part, assumed: told.assumed, readAs: told.modality, refused: null };
    return { ...part, number: null, refused: take(refused, part)?.reason ?? part.refused ?? null };
  });
  // What is left was kept by the service: the address of a linked query led here.
  const kept = used.map((told) => ({
    key: nextKey++, kind: "kept", name: told.name, modality: told.modality, readAs: told.modality, number: told.part,
    weight: Math.abs(told.weight), negative: told.weight < 0, assumed: told.assumed, item: told.modality === "item" ? told.name : null,
  }));
  const ids = new Set(answer.hits.map((hit) => hit.id));
  const selected = new Map([...state.selected].filter(([id]) => ids.has(id)));
  update({ parts: [...parts, ...kept], answer, failed: null, busy: null, selected });
  pushAddress();
  announce(answer.hits.length === 0 ? "No models match." : answer.rejected
    ? `Nothing like this here. The nearest ${some(answer.hits.length, "model")} are below.`
    : `${some(answer.hits.length, "model")} found among ${some(answer.items, "model")}.`);
}

/** Change filters: the same query, or the library, again. */
export function setFilters(changes) {
  update({ filters: { ...state.filters, ...changes }, k: PAGE });
  pushAddress();
  refresh();
}

export const clearFilters = () => setFilters(noFilters());

export function refresh() {
  if (state.answer) again();
  else if (state.parts.length) search();
  else browse();
}

/** The library itself, when nothing is searched for. */
export async function browse({ more = false } = {}) {
  browsing?.abort();
  const mine = new AbortController();
  browsing = mine;
  const offset = more ? state.browse?.items.length ?? 0 : 0;
  const sort = { name: "id", faces: "-faces", newest: "-added", match: null }[state.sort];
  try {
    const page = await api.items({ offset, limit: PAGE, where: conditions(), sort }, mine.signal);
    if (browsing !== mine) return;
    remember(page.items);
    const items = more ? [...state.browse.items, ...page.items] : page.items;
    update({ browse: { total: page.total, items }, failed: state.parts.length ? state.failed : null });
  } catch (error) {
    if (error.name === "AbortError" || browsing !== mine) return;
    update({ browse: state.browse ?? { total: 0, items: [] }, failed: state.parts.length ? state.failed : error });
  }
}

export function pushAddress() {
  const url = addressOfState();
  if (url.href !== location.href) history.replaceState(null, "", url);
}
