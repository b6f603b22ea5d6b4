// Elements without innerHTML: names of files and metadata come from strangers, and stay text.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  photo: "M4 6h3l1.500-2h7L17 6h3a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1zM12 9a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7z",
  scan: "M6 6h.01M12 4.500h.01M18 6h.01M4.500 12h.01M9 10h.01M15 10h.01M19.500 12h.01M9 15h.01M15 15h.01M6 18h.01M12 19.500h.01M18 18h.01M12 12.500h.01",
  mesh: "M12 3 20 7.500v9L12 21l-8-4.500v-9zM12 3v18M4 7.500 20 16.500M20 7.500 4 16.500",
  item: "M12 3 20 7.500v9L12 21l-8-4.500v-9zM4 7.500l8 4.500 8-4.500M12 12v9",
  mixed: "M3 5h10v9H3zM3 11l3-3 4 4M16 9l5 2.800v5.700L16 20.300l-5-2.800v-.5M11 14l5 3 5-3M16 17v3",
  close: "M6 6l12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  upload: "M12 16V4M7 9l5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
  download: "M12 4v12M7 11l5 5 5-5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
  camera: "M4 7h3l1.500-2.500h7L17 7h3a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM12 9.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7z",
  paste: "M9 4h6v3H9zM9 5.500H6a1 1 0 0 0-1 1V20a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1V6.500a1 1 0 0 0-1-1h-3",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.700-5.700l-1.500 1.500M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.700 5.700l1.500-1.500",
  table: "M4 5h16v14H4zM4 10h16M10 5v14",
  compare: "M4 5h7v14H4zM13 5h7v14h-7z",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  down: "M5 9l7 7 7-7",
  check: "M5 12.500 10 17.500 19 7",
  reset: "M5 5v5h5M5.500 10a7.500 7.500 0 1 1-1 4.500",
  help: "M9 9a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.400M12 17.500h.01",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2.500M12 19.500V22M2 12h2.500M19.500 12H22M5 5l1.700 1.700M17.300 17.300 19 19M19 5l-1.700 1.700M6.700 17.300 5 19",
  dark: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
  warning: "M12 4 21.500 20h-19zM12 10v4.500M12 17.500h.01",
  filter: "M4 6h16M7 12h10M10 18h4",
};

/** An element: `h("a", {href: "x", class: "y", onclick: f, "aria-label": "z"}, "text", child, [more], null)`. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "selected") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  return add(element, ...children);
}

/** The element with children appended; arrays are flattened, empty ones passed over. */
export function add(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child);
  }
  return element;
}

/** The element with these children instead of those it had. */
export function fill(element, ...children) {
  element.replaceChildren();
  return add(element, ...children);
}

/** A drawn sign beside words; it says nothing by itself. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 24 24", width: 20, height: 20, fill: "none", stroke: "currentColor", class: `sign sign-${name}`,
    "stroke-width": name === "scan" ? 2.4 : 1.6, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  })) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button of words, with a sign before them if one is named. */
export function button(label, onclick, { sign = null, kind = "", ...attributes } = {}) {
  return h("button", { type: "button", class: kind, onclick, ...attributes }, sign && icon(sign), h("span", {}, label));
}

/** A button that is only a sign; its words are for those who do not see it, and for the pointer. */
export function signButton(sign, label, onclick, attributes = {}) {
  return h("button", { type: "button", class: "icon", "aria-label": label, title: label, onclick, ...attributes }, icon(sign));
}

/** Say something to a screen reader, without moving anything. */
export function announce(text) {
  const live = document.getElementById("live");
  live.textContent = "";
  requestAnimationFrame(() => { live.textContent = text; });
}

/** A modal dialog with a title and a close button; resolves nothing, calls `onclose` when it is gone. */
export function openDialog({ title, kind = "", content, onclose = () => {}, head = [] }) {
  const id = `title-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const dialog = h("dialog", { class: kind, "aria-labelledby": id },
    h("div", { class: "dialog-head" }, h("h2", { id, tabindex: "-1", autofocus: true }, title), head,
      signButton("close", "Close", () => dialog.close(), { class: "icon close", "aria-keyshortcuts": "Escape" })),
    content);
  dialog.addEventListener("close", () => { onclose(); dialog.remove(); });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
