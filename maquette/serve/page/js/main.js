// The page: what is where, and what happens at the start.

import { api } from "./api.js";
import { listenForPaste } from "./capture.js";
import { startCollection } from "./collection.js";
import { startConnection } from "./connection.js";
import { fill, h, icon } from "./dom.js";
import { startFilters } from "./filters.js";
import { openHelp, startKeyboard } from "./keyboard.js";
import { startResults } from "./results.js";
import { again, browse, clearQuery, pushAddress, refresh } from "./search.js";
import { startSelection } from "./selection.js";
import { on, readAddress, state, update } from "./state.js";
import { startTray } from "./tray.js";
import { some } from "./words.js";

const at = (id) => document.getElementById(id);

function views() {
  const views = ["search", "collection"];
  on("view", () => {
    for (const view of views) {
      at(`view-${view}`).hidden = state.view !== view;
      document.querySelector(`.views [data-go="${view}"]`).setAttribute("aria-current", state.view === view ? "page" : "false");
    }
    document.body.dataset.view = state.view;
    document.title = state.view === "collection" ? "Collection · Maquette" : "Maquette";
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-go]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.classList.contains("brand")) clearQuery();
    go(link.dataset.go);
  });
  addEventListener("popstate", () => open());
}

export function go(view) {
  if (state.view === view) return;
  history.pushState(null, "", location.href);
  update({ view });
  pushAddress();
  at("main").focus({ preventScroll: true });
  scrollTo(0, 0);
}

function themes() {
  const root = document.documentElement;
  const names = { system: "as the system has them", light: "light", dark: "dark" };
  const draw = () => {
    const now = root.dataset.theme ?? "system";
    fill(at("theme"), icon(now));
    at("theme").setAttribute("aria-label", `Colours: ${names[now]}`);
    at("theme").title = `Colours: ${names[now]}`;
  };
  at("theme").addEventListener("click", () => {
    const next = { undefined: "light", light: "dark", dark: undefined }[root.dataset.theme];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    try { if (next) localStorage.setItem("maquette-theme", next); else localStorage.removeItem("maquette-theme"); } catch { /* kept for this page only */ }
    draw();
  });
  draw();
}

function library() {
  const { collection } = state;
  fill(at("library"), collection && [h("strong", {}, collection.name), ` ${some(collection.items, "model")}`,
    h("span", { class: "library-more" }, ` · ${some(Object.keys(collection.classes ?? {}).length, "class", "classes")} · `,
      h("abbr", { title: `fingerprint ${collection.fingerprint}` }, `model ${collection.fingerprint.slice(0, 7)}`))]);
}

/** Learn what the library is, and show what the address asks for. */
async function open() {
  const query = readAddress();
  try {
    update({ collection: await api.collection() });
  } catch (error) {
    update({ failed: error });
    return;
  }
  if (query && query !== state.answer?.query_id) await again(query, { words: "Running the linked query" });
  else if (!state.answer) await browse();
}

views();
themes();
startTray(at("ask"));
startFilters(at("filters"));
startResults(at("results"));
startSelection(at("selection"));
startCollection(at("view-collection"));
startKeyboard();
listenForPaste();
startConnection(at("banner"), () => (state.collection ? state.failed && refresh() : open()));
on("collection", library);
fill(at("help"), icon("help"));
at("help").addEventListener("click", openHelp);
document.addEventListener("no-token", () => update({ busy: null, failed: Object.assign(new Error("This library opens with a token."), { code: "token", status: 401 }) }));
open();
