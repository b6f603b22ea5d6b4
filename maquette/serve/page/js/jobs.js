// Jobs that add models: how far they are, what they added, what they refused and why.

import { api } from "./api.js";
import { announceBriefly } from "./capture.js";
import { button, fill, h } from "./dom.js";
import { state, update } from "./state.js";
import { some } from "./words.js";

const STATES = { queued: "waiting", running: "running", done: "done", cancelled: "stopped", failed: "failed" };
let timer = null;
let added = -1;
const opened = new Set();

/** Ask for the jobs now, and again while one is at work. */
export async function watchJobs(root) {
  clearTimeout(timer);
  if (state.view !== "collection") return;
  try {
    const jobs = await api.jobs();
    drawJobs(root, jobs, () => watchJobs(root));
    const total = jobs.reduce((sum, job) => sum + (job.added?.length ?? 0), 0);
    if (added >= 0 && total !== added) update({ collection: await api.collection() });
    added = total;
    if (jobs.some((job) => job.state === "running" || job.state === "queued")) timer = setTimeout(() => watchJobs(root), 1000);
  } catch (error) {
    if (root.querySelector("li") === null) fill(root, h("h2", {}, "Recent jobs"), h("p", { class: "note" }, error.message));
    timer = setTimeout(() => watchJobs(root), 5000);
  }
}

export function drawJobs(root, jobs, again = () => {}) {
  const focused = root.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  fill(root, h("h2", {}, "Recent jobs"), jobs === null ? h("p", { class: "note" }, "Asking …") : jobs.length === 0 ? h("p", { class: "note" }, "None yet. Each lot of models that is added here is one job.")
    : h("ul", { class: "job-list" }, jobs.slice(0, 12).map((job) => jobRow(job, again))));
  if (focused) root.querySelector(`[data-focus="${focused}"]`)?.focus();
}

function jobRow(job, again) {
  const { id, done, total, refused = [] } = job;
  const busy = job.state === "running" || job.state === "queued";
  const facts = [`${done} of ${some(total, "file")}`, `${job.added?.length ?? 0} added`, refused.length && `${refused.length} refused`].filter(Boolean).join(" · ");
  return h("li", { class: `job ${job.state}` },
    h("p", {}, h("strong", {}, STATES[job.state] ?? job.state), job.created && h("time", { datetime: job.created }, new Date(job.created).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }))),
    h("progress", { max: String(Math.max(1, total)), value: String(done), "aria-label": `Job ${STATES[job.state] ?? job.state}: ${facts}` }),
    h("p", { class: "note" }, facts, job.reason && `: ${job.reason}`),
    refused.length > 0 && h("details", { open: opened.has(id), ontoggle: (event) => (event.target.open ? opened.add(id) : opened.delete(id)) }, h("summary", { dataset: { focus: `refused-${id}` } }, `Why ${some(refused.length, "file was", "files were")} refused`),
      h("ul", {}, refused.map(({ name, reason }) => h("li", {}, h("strong", {}, name), " ", reason)))),
    busy && button("Stop", async () => {
      try { await api.cancelJob(id); } catch (error) { announceBriefly(error.message); }
      again();
    }, { kind: "quiet", dataset: { focus: `stop-${id}` } }));
}
