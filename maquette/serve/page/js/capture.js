// Pictures that are on no disk: from the camera, and from the clipboard. Offered where the device has them.

import { announce, button, h, openDialog } from "./dom.js";
import { addFiles } from "./search.js";

const touch = matchMedia("(pointer: coarse)");

/** A button that takes a photo: the phone's own camera, or a small viewfinder. Hidden until a camera is found. */
export function camera() {
  const input = h("input", { type: "file", accept: "image/*", capture: "environment", class: "unseen", tabindex: "-1", "aria-label": "Photo from the camera",
    onchange: () => { if (input.files.length) addFiles(input.files); input.value = ""; } });
  const take = button("Camera", () => (touch.matches ? input.click() : viewfinder()), { sign: "camera", kind: "take" });
  const holder = h("span", { hidden: true, class: "maybe" }, input, take);
  if (touch.matches) holder.hidden = false;
  else navigator.mediaDevices?.enumerateDevices().then((devices) => { holder.hidden = !devices.some((one) => one.kind === "videoinput"); }, () => {});
  return holder;
}

async function viewfinder() {
  const video = h("video", { autoplay: true, playsinline: true, "aria-label": "What the camera sees" });
  video.muted = true;
  const note = h("p", { class: "note" }, "Waiting for the camera …");
  const shoot = button("Take the photo", () => {
    const canvas = h("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => { dialog.close(); addFiles([new File([blob], "camera.jpg", { type: "image/jpeg" })]); }, "image/jpeg", 0.92);
  }, { kind: "primary", sign: "camera" });
  shoot.disabled = true;
  let stream = null;
  const dialog = openDialog({ title: "Camera", kind: "small camera", content: [video, note, h("div", { class: "row end" }, shoot)],
    onclose: () => stream?.getTracks().forEach((track) => track.stop()) });
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
    if (!dialog.open) { stream.getTracks().forEach((track) => track.stop()); return; }
    video.srcObject = stream;
    video.onloadedmetadata = () => { shoot.disabled = false; shoot.focus(); note.textContent = "Fill the frame with the object; a plain background helps."; };
  } catch (error) {
    note.textContent = error.name === "NotAllowedError" ? "The browser was not allowed to use the camera. Allow it in the address bar, or choose a file." : `The camera gives no picture (${error.message}).`;
  }
}

/** A paste button where the browser can read the clipboard; the keys work everywhere. */
export function pasteButton() {
  return navigator.clipboard?.read ? button("Paste", paste, { sign: "paste", kind: "take", "aria-keyshortcuts": "V" }) : null;
}

export async function paste() {
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((one) => one.startsWith("image/"));
      if (type) {
        const blob = await item.getType(type);
        addFiles([new File([blob], `pasted.${type.split("/")[1].replace("jpeg", "jpg")}`, { type })]);
        return;
      }
    }
    announceBriefly("The clipboard holds no picture.");
  } catch {
    announceBriefly("The browser did not allow reading the clipboard. Ctrl+V works without asking.");
  }
}

/** Ctrl+V anywhere outside a field. */
export function listenForPaste() {
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length && !event.target.closest?.("input, textarea")) { event.preventDefault(); addFiles(files); }
  });
}

/** A line at the foot of the page that goes by itself, and is spoken. */
export function announceBriefly(text) {
  document.querySelector(".toast")?.remove();
  const toast = h("p", { class: "toast" }, text);
  (document.querySelector("dialog[open]") ?? document.body).append(toast);
  announce(text);
  setTimeout(() => toast.remove(), 6000);
}
