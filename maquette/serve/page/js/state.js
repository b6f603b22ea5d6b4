// What the page knows. Modules change it through `update`, and redraw when told what has changed.

export const state = {
  view: "search",
  collection: null,      // what /api/collection says
  parts: [],             // of the query: {key, kind: file | item | kept, file?, item?, name, modality, weight, negative, ...}
  answer: null,          // of the last search
  failed: null,          // why the last search did not come back
  busy: null,            // {stage, share, since}: what is going on
  browse: null,          // {total, items, offset}: the library without a query
  k: 24,
  filters: { classes: new Set(), formats: new Set(), facesFrom: "", facesTo: "", since: "", until: "" },
  sort: "match",
  weakOpen: false,
  selected: new Map(),   // id -> hit
};

const listeners = new Map();

/** Call `listener` whenever one of these things has changed. */
export function on(things, listener) {
  for (const thing of things.split(" ")) {
    if (!listeners.has(thing)) listeners.set(thing, []);
    listeners.get(thing).push(listener);
  }
}

/** Change the state and redraw what shows it. */
export function update(changes) {
  Object.assign(state, changes);
  const called = new Set();
  for (const thing of Object.keys(changes)) {
    for (const listener of listeners.get(thing) ?? []) {
      if (!called.has(listener)) { called.add(listener); listener(); }
    }
  }
}

const quoted = (text) => `"${text.replaceAll('"', '""')}"`;

/** The filters as conditions of the service. */
export function conditions() {
  const { classes, formats, facesFrom, facesTo, since, until } = state.filters;
  const where = [];
  if (classes.size) where.push(`class in ${[...classes].map(quoted).join(",")}`);
  if (formats.size) where.push(`format in ${[...formats].map(quoted).join(",")}`);
  if (facesFrom !== "") where.push(`faces>=${facesFrom}`);
  if (facesTo !== "") where.push(`faces<=${facesTo}`);
  if (since) where.push(`added>=${since}`);
  if (until) where.push(`added<=${until}T23:59:59.999`);
  return where;
}

export const filterCount = () => {
  const { classes, formats, facesFrom, facesTo, since, until } = state.filters;
  return classes.size + formats.size + [facesFrom !== "" || facesTo !== "", since || until].filter(Boolean).length;
};

export const noFilters = () => ({ classes: new Set(), formats: new Set(), facesFrom: "", facesTo: "", since: "", until: "" });

/** The address that restores what is seen. */
export function addressOfState() {
  const url = new URL("./", document.baseURI);
  const { filters } = state;
  const set = (name, value) => { if (value) url.searchParams.set(name, value); };
  if (state.view !== "search") set("view", state.view);
  set("q", state.answer?.query_id);
  filters.classes.forEach((name) => url.searchParams.append("class", name));
  filters.formats.forEach((name) => url.searchParams.append("format", name));
  set("from", filters.facesFrom);
  set("to", filters.facesTo);
  set("since", filters.since);
  set("until", filters.until);
  if (state.sort !== "match") set("sort", state.sort);
  return url;
}

/** Take view, filters and order from an address; returns the id of the query it restores, or null. */
export function readAddress(url = new URL(location.href)) {
  const get = (name) => url.searchParams.get(name) ?? "";
  const digits = (name) => (/^\d{1,9}$/.test(get(name)) ? get(name) : "");
  const date = (name) => (/^\d{4}-\d{2}-\d{2}$/.test(get(name)) ? get(name) : "");
  update({
    view: get("view") === "collection" ? "collection" : "search",
    filters: { classes: new Set(url.searchParams.getAll("class")), formats: new Set(url.searchParams.getAll("format")),
      facesFrom: digits("from"), facesTo: digits("to"), since: date("since"), until: date("until") },
    sort: ["name", "faces", "newest"].includes(get("sort")) ? get("sort") : "match",
  });
  return /^[\w-]{16,64}$/.test(get("q")) ? get("q") : null;
}
