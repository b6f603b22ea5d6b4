// Models out of GLB, with one look: neutral, matt, lit from above, so that shapes compare and not materials.

import {
  Box3, Color, DoubleSide, Group, MeshStandardMaterial, PointsMaterial, Vector3,
} from "../vendor/three/three.module.min.js";
import { toCreasedNormals } from "../vendor/three/BufferGeometryUtils.js";
import { GLTFLoader } from "../vendor/three/GLTFLoader.js";

const loader = new GLTFLoader();

/** The scene in a GLB; textures and cameras are left out by the caller, who gives it one look. */
export const parseModel = (glb) => new Promise((resolve, reject) => {
  loader.parse(glb, "", (gltf) => resolve(gltf.scene), (error) => reject(new Error(`The model cannot be shown: ${error.message ?? error}`)));
});

/** A group with the model at the origin, its farthest corner at distance 1, in one colour (or its own). */
export async function dressedModel(glb, { color, see = 1, own = true }) {
  const scene = await parseModel(glb);
  const box = new Box3().setFromObject(scene);
  if (box.isEmpty()) throw new Error("The model has no geometry to show.");
  const center = box.getCenter(new Vector3());
  scene.updateMatrixWorld(true);
  let reach = 0, faces = 0, points = 0;
  const corner = new Vector3();
  scene.traverse((part) => {
    if (!part.geometry) return;
    // Files carry no normals: edges sharper than 40 degrees stay edges, the rest is round.
    if (part.isMesh) part.geometry = toCreasedNormals(part.geometry, (40 * Math.PI) / 180);
    const { position, color: colors } = part.geometry.attributes;
    for (let place = 0; place < position.count; place += 1) {
      reach = Math.max(reach, corner.fromBufferAttribute(position, place).applyMatrix4(part.matrixWorld).distanceToSquared(center));
    }
    const own_colors = own && Boolean(colors);
    if (part.isMesh) {
      faces += (part.geometry.index?.count ?? position.count) / 3;
      part.material = new MeshStandardMaterial({ color: own_colors ? new Color(0xffffff) : new Color(color), vertexColors: own_colors, roughness: 0.85,
        metalness: 0, side: DoubleSide, transparent: see < 1, opacity: see, depthWrite: see === 1 });
    } else if (part.isPoints) {
      points += position.count;
      part.material = new PointsMaterial({ color: own_colors ? new Color(0xffffff) : new Color(color), vertexColors: own_colors, size: 0.022, sizeAttenuation: true });
    }
  });
  if (!(reach > 0)) throw new Error("The model has no size.");
  const inner = new Group();
  scene.position.sub(center);
  inner.add(scene);
  inner.scale.setScalar(1 / Math.sqrt(reach));
  const model = new Group();
  model.add(inner);
  model.userData = { faces: Math.round(faces), points };
  return model;
}

/** Let the graphics memory of a model go. */
export function dispose(model) {
  model.traverse((part) => {
    part.geometry?.dispose();
    for (const material of [part.material].flat()) material?.dispose();
  });
}

/** Recolour a dressed model, solid or see-through, as faces or wires. */
export function restyle(model, { see = 1, wires = false }) {
  model.traverse((part) => {
    if (!part.material || part.isPoints) return;
    Object.assign(part.material, { transparent: see < 1, opacity: see, depthWrite: see === 1, wireframe: wires, needsUpdate: true });
  });
}

