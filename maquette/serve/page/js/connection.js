// When the service is gone: say so once, ask again by itself, and go on where the reader was.

import { api, onConnection } from "./api.js";
import { announce, button, fill, h, icon } from "./dom.js";

const WAITS = [2, 4, 8, 15];
let away = false;
let timer = null;

/** Watch the connection; `back()` is called when the service answers again. */
export function startConnection(root, back) {
  let tries = 0, left = 0;
  const draw = () => fill(root, icon("warning"), h("p", {}, h("strong", {}, "The service does not answer. "), "Nothing on this page is lost. ", h("span", {}, left > 0 ? `Trying again in ${left} s.` : "Trying …")),
    button("Try now", attempt, { kind: "quiet" }));
  const attempt = async () => {
    clearInterval(timer);
    left = 0;
    draw();
    try { await api.health(); } catch { if (away) wait(); }
  };
  const wait = () => {
    clearInterval(timer);
    left = WAITS[Math.min(tries, WAITS.length - 1)];
    tries += 1;
    draw();
    timer = setInterval(() => {
      left -= 1;
      if (left <= 0) attempt();
      else root.querySelector("span").textContent = `Trying again in ${left} s.`;
    }, 1000);
  };
  onConnection((yes) => {
    if (yes && away) {
      away = false;
      tries = 0;
      clearInterval(timer);
      root.hidden = true;
      fill(root);
      announce("The service answers again.");
      back();
    } else if (!yes && !away) {
      away = true;
      root.hidden = false;
      wait();
    }
  });
}
