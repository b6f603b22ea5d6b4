// Example queries out of the library itself: its pictures, points drawn from its surfaces, its files.

import { api, show } from "./api.js";
import { announceBriefly } from "./capture.js";
import { fill, h, icon } from "./dom.js";
import { addFiles } from "./search.js";
import { state } from "./state.js";
import { nameOf } from "./words.js";

const POINTS = 2048;

/** Four queries to try, from items of different classes. */
export async function drawExamples(root) {
  if (!state.collection?.items || root.dataset.items === String(state.collection.items)) return;
  root.dataset.items = String(state.collection.items);
  const picked = await pick(4).catch(() => []);
  if (picked.length === 0) return;
  const [a, b, c, d] = [0, 1, 2, 3].map((number) => picked[number % picked.length]);
  fill(root, h("h2", {}, "Or try one"), h("ul", {},
    card("photo", "A picture", `of ${nameOf(a.id)}`, [a], async () => [await asPhoto(a)]),
    card("scan", "A scan", `of ${nameOf(b.id)}, seen from one side`, [b], async () => [await asScan(b)]),
    card("mesh", "A mesh", nameOf(c.id), [c], async () => [await asMesh(c)]),
    card("mixed", "Picture and scan", `of ${nameOf(d.id)} as one query`, [d], () => Promise.all([asPhoto(d), asScan(d)]))));
}

async function pick(number) {
  const classes = Object.keys(state.collection.classes ?? {}).sort();
  if (classes.length < 2) {
    const { items } = await api.items({ offset: 0, limit: number });
    return items;
  }
  const step = classes.length / number;
  const chosen = [...new Set(Array.from({ length: number }, (_, place) => classes[Math.floor(place * step)]))];
  const pages = await Promise.all(chosen.map((name) => api.items({ offset: 0, limit: 1, where: `class="${name.replaceAll('"', '""')}"` })));
  return pages.flatMap((page) => page.items);
}

function card(kind, title, note, items, make) {
  const start = async (event) => {
    const card = event.currentTarget;
    card.setAttribute("aria-busy", "true");
    try {
      addFiles(await make(), { fresh: true });
    } catch (error) {
      announceBriefly(`This example cannot be made: ${error.message}`);
    } finally {
      card.removeAttribute("aria-busy");
    }
  };
  return h("li", {}, h("button", { type: "button", class: `example ${kind}`, onclick: start },
    h("span", { class: "example-picture" }, items.map((item) => show(h("img", { alt: "", width: 72, height: 72 }), "thumbnail", item.id)), icon(kind)),
    h("span", { class: "example-words" }, h("strong", {}, title), h("span", {}, note))));
}

async function asPhoto(item) {
  const blob = await api.blob("api/thumbnail", { id: item.id });
  return new File([blob], `${nameOf(item.id)}.png`, { type: "image/png" });
}

async function asMesh(item) {
  const blob = await (await api.file(item.id)).blob();
  return new File([blob], item.id.split("/").pop());
}

/** Points of the surface that a scanner at one place would see, as text. */
async function asScan(item) {
  const { visiblePoints } = await import("./scan.js");
  const points = await visiblePoints(await api.model(item.id), POINTS);
  // glTF has Y up, scanners and the service's XYZ files Z.
  const lines = points.map(([x, y, z]) => `${x.toFixed(5)} ${(-z).toFixed(5)} ${y.toFixed(5)}`);
  return new File([lines.join("\n")], `${nameOf(item.id)}-scan.xyz`, { type: "text/plain" });
}
