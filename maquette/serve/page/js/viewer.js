// One canvas, one WebGL context, any number of panes that share one camera: turn one model, and all turn.

import { Color, DirectionalLight, HemisphereLight, Matrix4, PerspectiveCamera, Scene, WebGLRenderer } from "../vendor/three/three.module.min.js";
import { OrbitControls } from "../vendor/three/OrbitControls.js";
import { dispose, restyle } from "./model.js";

export class NoWebGL extends Error {}

const START = [1.5, 1.05, 2.1];

export class Viewer {
  /** A viewer in an element; NoWebGL if the browser cannot draw. */
  constructor(stage) {
    this.stage = stage;
    try {
      this.renderer = new WebGLRenderer({ antialias: true, alpha: true });
    } catch {
      throw new NoWebGL("This browser cannot draw 3D here (no WebGL).");
    }
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setScissorTest(true);
    this.canvas = this.renderer.domElement;
    this.canvas.setAttribute("aria-hidden", "true");
    stage.append(this.canvas);
    this.camera = new PerspectiveCamera(32, 1, 0.05, 60);
    this.controls = new OrbitControls(this.camera, stage);
    this.controls.minDistance = 1.2;
    this.controls.maxDistance = 12;
    this.controls.enablePan = false;
    this.controls.addEventListener("change", () => this.invalidate());
    this.scenes = [];
    this.models = [];
    this.overlaid = false;
    this.wires = false;
    this.watch = new ResizeObserver(() => this.invalidate());
    this.watch.observe(stage);
    this.canvas.addEventListener("webglcontextlost", (event) => { event.preventDefault(); stage.dispatchEvent(new Event("lost")); });
    stage.addEventListener("keydown", (event) => this.key(event));
    this.reset();
  }

  /** Show models, one a pane; a pane may be empty (null), where a picture stands in the page. */
  show(models) {
    const before = this.models;
    this.models = models;
    before.filter((model) => model && !models.includes(model)).forEach(dispose);
    this.arrange();
  }

  /** Lay all models over each other, the first one see-through and moved by `matrix` onto the second. */
  overlay(yes, matrix = null) {
    this.overlaid = yes;
    this.matrix = matrix;
    this.arrange();
  }

  wireframe(yes) {
    this.wires = yes;
    this.arrange();
  }

  arrange() {
    const groups = this.overlaid ? [this.models.filter(Boolean)] : this.models.map((model) => [model].filter(Boolean));
    this.scenes = groups.map((group) => {
      const scene = new Scene();
      const above = new HemisphereLight(0xffffff, 0x8d939c, 2.1);
      const sun = new DirectionalLight(0xffffff, 1.7);
      sun.position.set(2, 4, 3);
      scene.add(above, sun, ...group);
      return scene;
    });
    this.models.forEach((model, place) => {
      if (!model) return;
      const moved = this.overlaid && place === 0 && this.matrix;
      model.matrixAutoUpdate = false;
      model.matrix.copy(moved ? this.matrix : new Matrix4());
      restyle(model, { see: this.overlaid && place === 0 ? 0.55 : 1, wires: this.wires });
    });
    this.invalidate();
  }

  invalidate() {
    this.due ??= requestAnimationFrame(() => { this.due = null; this.draw(); });
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height || !this.renderer) return;
    if (this.width !== width || this.height !== height) {
      this.renderer.setSize(width, height);
      Object.assign(this, { width, height });
    }
    const number = Math.max(1, this.scenes.length);
    const columns = number > 2 && width < 900 ? 2 : width < 520 && number === 2 && height > width ? 1 : number;
    const rows = Math.ceil(number / columns);
    this.stage.dataset.columns = String(columns);
    const [w, h] = [width / columns, height / rows];
    this.camera.aspect = w / h;
    this.camera.fov = w < h ? 2 * Math.atan(Math.tan((16 * Math.PI) / 180) * (h / w)) * (180 / Math.PI) : 32;
    this.camera.updateProjectionMatrix();
    this.renderer.setClearColor(new Color(0x000000), 0);
    this.scenes.forEach((scene, place) => {
      const x = (place % columns) * w, y = height - (Math.floor(place / columns) + 1) * h;
      this.renderer.setViewport(x, y, w, h);
      this.renderer.setScissor(x, y, w, h);
      this.renderer.render(scene, this.camera);
    });
    this.stage.dataset.drawn = String(Number(this.stage.dataset.drawn ?? 0) + 1);
  }

  reset() {
    this.camera.position.set(...START).setLength(4.1);
    this.controls.target.set(0, 0, 0);
    this.controls.update();
    this.invalidate();
  }

  /** Turn by degrees around the upright axis, and over it. */
  turn(around, over = 0) {
    const position = this.camera.position;
    const radius = position.length();
    const theta = Math.atan2(position.x, position.z) + (around * Math.PI) / 180;
    const phi = Math.min(Math.PI - 0.05, Math.max(0.05, Math.acos(position.y / radius) - (over * Math.PI) / 180));
    position.setFromSphericalCoords(radius, phi, theta);
    this.controls.update();
    this.invalidate();
  }

  zoom(factor) {
    this.camera.position.multiplyScalar(factor).clampLength(this.controls.minDistance, this.controls.maxDistance);
    this.controls.update();
    this.invalidate();
  }

  key(event) {
    if (event.target !== this.stage || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = { ArrowLeft: () => this.turn(-15), ArrowRight: () => this.turn(15), ArrowUp: () => this.turn(0, 15), ArrowDown: () => this.turn(0, -15),
      "+": () => this.zoom(0.85), "=": () => this.zoom(0.85), "-": () => this.zoom(1.18), 0: () => this.reset() };
    if (!acts[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  }

  /** Give everything back to the graphics card. */
  close() {
    cancelAnimationFrame(this.due);
    this.watch.disconnect();
    this.controls.dispose();
    this.models.filter(Boolean).forEach(dispose);
    this.renderer.dispose();
    this.renderer.forceContextLoss();
    this.renderer = null;
    this.canvas.remove();
  }
}

/**
 * The service's alignment, x -> scale (rotation x) + shift in the files' units and z up, for models as they are shown:
 * y up, centered, at radius 1. `from` and `onto` are {center, radius} of the two files; unknown, both count as shown.
 */
export function alignmentMatrix({ rotation, scale, shift }, from, onto) {
  const known = from && onto;
  const turn = new Matrix4().set(...rotation.flatMap((row) => [...row, 0]), 0, 0, 0, 1);
  const moved = new Matrix4().makeTranslation(...(known ? shift.map((value, axis) => (value - onto.center[axis]) / onto.radius) : [0, 0, 0]));
  moved.multiply(new Matrix4().makeScale(...Array(3).fill(known ? (scale * from.radius) / onto.radius : 1))).multiply(turn);
  if (known) moved.multiply(new Matrix4().makeTranslation(...from.center.map((value) => value / from.radius)));
  const upright = new Matrix4().set(1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1);
  return upright.clone().multiply(moved).multiply(upright.clone().transpose());
}
