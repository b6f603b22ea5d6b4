// The token of a service that is reached from elsewhere: asked for once, kept until the tab closes.

import { h, openDialog } from "./dom.js";

const KEY = "maquette-token";
let asking = null;

export function token() {
  try { return sessionStorage.getItem(KEY); } catch { return null; }
}

/** Ask for a token; resolves when one was given. `wrong`: there was one, and it was not taken. */
export function requireToken(wrong) {
  asking ??= new Promise((resolve) => {
    const field = h("input", { type: "password", id: "token", name: "token", autocomplete: "current-password", required: true,
      spellcheck: "false", "aria-describedby": "token-note" });
    const form = h("form", { class: "token-form", onsubmit: (event) => {
      event.preventDefault();
      const given = field.value.trim();
      if (!given) return;
      sessionStorage.setItem(KEY, given);
      dialog.returnValue = "given";
      dialog.close();
    } },
    h("p", {}, wrong ? "The service did not take that token. Check it, or ask for a new one."
      : "This service is reached over a network, so it wants a token. Whoever started it has one."),
    h("label", { for: "token" }, "Token"), field,
    h("p", { class: "note", id: "token-note" }, "Kept in this tab only, until it is closed."),
    h("div", { class: "row end" }, h("button", { type: "submit", class: "primary" }, "Open the library")));
    const dialog = openDialog({ title: wrong ? "That token was not taken" : "A token, please", kind: "small", content: form,
      onclose: () => { asking = null; if (dialog.returnValue === "given") resolve(); else document.dispatchEvent(new Event("no-token")); } });
    field.focus();
  });
  return asking;
}
