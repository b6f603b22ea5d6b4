// Light, dark, or as the system has it: set before the first paint, so nothing flashes.
(() => {
  let kept = null;
  try { kept = localStorage.getItem("maquette-theme"); } catch { /* storage may be switched off: then the system decides */ }
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
})();
