// The service, as the page uses it. Every failure is an ApiError with words for the reader.

import { requireToken, token } from "./token.js";

export class ApiError extends Error {
  constructor(status, { code = "failed", message, limit = null, value = null }) {
    super(message);
    Object.assign(this, { status, code, limit, value });
  }
}

const BASE = new URL(".", document.baseURI);
const listeners = new Set();
/** Call `listener(true | false)` when the service answers, or does not. */
export const onConnection = (listener) => listeners.add(listener);
const connected = (yes) => listeners.forEach((listener) => listener(yes));

/** The address of a route with parameters; lists are repeated, empty ones left out. */
export function address(path, parameters = {}) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "") url.searchParams.append(name, one);
    }
  }
  return url;
}

function failure(status, text) {
  try {
    const { error } = JSON.parse(text);
    if (error?.message) return new ApiError(status, error);
  } catch { /* not ours: a proxy, perhaps */ }
  const message = status === 413 ? "The file is larger than the service takes." : `The service answered with status ${status}.`;
  return new ApiError(status, { message });
}

const gone = () => new ApiError(0, { code: "unreachable", message: "The service does not answer." });

async function respond(path, { parameters, signal, ...options } = {}) {
  for (;;) {
    const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
    let response;
    try {
      response = await fetch(address(path, parameters), { ...options, headers, signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      connected(false);
      throw gone();
    }
    connected(true);
    if (response.ok) return response;
    if (response.status !== 401) throw failure(response.status, await response.text());
    await requireToken(token() !== null);
  }
}

const versions = new Map();
/** Remember which version of an item's pictures is meant, so that the browser may keep them. */
export function remember(hits) {
  for (const { id, thumbnail } of hits) {
    const version = thumbnail && new URL(thumbnail, BASE).searchParams.get("v");
    if (version) versions.set(id, version);
  }
}
const ofItem = (id) => ({ id, v: versions.get(id) });

const json = async (path, options) => (await respond(path, options)).json();

/** POST a form and watch it leave: `onsend(bytes, ofBytes)` while it is sent, `onsent()` once it is. */
function post(path, form, { onsend = () => {}, onsent = () => {}, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address(path));
    if (token()) request.setRequestHeader("Authorization", `Bearer ${token()}`);
    request.upload.onprogress = (event) => { if (event.lengthComputable) onsend(event.loaded, event.total); };
    request.upload.onload = () => onsent();
    request.onerror = () => { connected(false); reject(gone()); };
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
    request.onload = () => {
      connected(true);
      if (request.status >= 200 && request.status < 300) resolve(request.responseText);
      else if (request.status === 401) requireToken(token() !== null).then(() => post(path, form, { onsend, onsent, signal })).then(resolve, reject);
      else reject(failure(request.status, request.responseText));
    };
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

export const api = {
  collection: () => json("api/collection"),
  health: () => json("api/health"),
  search: async (form, watch) => JSON.parse(await post("api/search", form, watch)),
  again: (id, { k, where, signal }) => json("api/queries", { parameters: { id, k, where }, signal }),
  explain: (query, id, signal) => json("api/explain", { parameters: { query, id }, signal }),
  items: (parameters, signal) => json("api/items", { parameters, signal }),
  item: (id) => json("api/item", { parameters: { id } }),
  jobs: async () => { const answer = await json("api/jobs"); return Array.isArray(answer) ? answer : answer.jobs; },
  addModels: async (form, watch) => JSON.parse(await post("api/jobs", form, watch)),
  cancelJob: (id) => respond(`api/jobs/${encodeURIComponent(id)}`, { method: "DELETE" }),
  duplicates: (signal) => json("api/duplicates", { signal }),
  batch: (form, watch) => post("api/batch", form, watch),
  model: async (id, signal) => (await respond("api/model", { parameters: ofItem(id), signal })).arrayBuffer(),
  queryModel: async (query, part, signal) => (await respond("api/query_model", { parameters: { query, part }, signal })).arrayBuffer(),
  file: (id) => respond("api/file", { parameters: { id } }),
  blob: async (path, parameters) => (await respond(path, { parameters })).blob(),
};

const blobs = new Map();

/** An address for an <img>: the service's own, or, where a token is needed, a copy in this tab. */
export async function picture(kind, id) {
  if (!token()) return address(`api/${kind}`, ofItem(id)).href;
  const key = `${kind} ${id}`;
  if (!blobs.has(key)) {
    blobs.set(key, api.blob(`api/${kind}`, { id }).then((blob) => URL.createObjectURL(blob)));
    blobs.get(key).catch(() => blobs.delete(key));
    if (blobs.size > 600) {
      const [oldest, url] = blobs.entries().next().value;
      blobs.delete(oldest);
      url.then((old) => URL.revokeObjectURL(old), () => {});
    }
  }
  return blobs.get(key);
}

/** Give an <img> its picture once the address is known; without one it is marked as missing. */
export function show(image, kind, id) {
  image.addEventListener("error", () => image.classList.add("missing"), { once: true });
  picture(kind, id).then((src) => { image.src = src; }, () => image.classList.add("missing"));
  return image;
}

/** Save an item's own file. */
export async function download(id) {
  const link = document.createElement("a");
  link.download = id.split("/").pop();
  if (token()) {
    link.href = URL.createObjectURL(await (await api.file(id)).blob());
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } else {
    link.href = address("api/file", { id }).href;
  }
  link.click();
}

/** Save text that was made here. */
export function save(name, text, type = "text/csv;charset=utf-8") {
  const link = document.createElement("a");
  link.download = name;
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
