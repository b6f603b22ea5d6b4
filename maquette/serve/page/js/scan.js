// A scan of a model, made here: points drawn evenly from its surface, those kept that are seen from one place.

import { Matrix4, Vector3 } from "../vendor/three/three.module.min.js";
import { parseModel } from "./model.js";

/** At most `most` points [x, y, z] of a GLB that lie in front, seen from in front and above. */
export async function visiblePoints(glb, most) {
  const triangles = trianglesOf(await parseModel(glb));
  const total = triangles.reduce((sum, triangle) => sum + triangle.area, 0);
  if (!(total > 0)) throw new Error("its surface has no area");
  const drawn = sampleSurface(triangles, total, most * 8);
  const view = new Matrix4().lookAt(new Vector3(1.2, 0.9, 1.6), new Vector3(0, 0, 0), new Vector3(0, 1, 0)).invert();
  const seen = drawn.map((point) => point.clone().applyMatrix4(view));
  const low = new Vector3(Infinity, Infinity, Infinity), high = low.clone().negate();
  seen.forEach((point) => { low.min(point); high.max(point); });
  // In each cell of a coarse picture only what is nearest to the eye is seen.
  const size = Math.max(high.x - low.x, high.y - low.y), cells = 72, depth = 0.05 * size;
  const cell = (point) => Math.floor(((point.y - low.y) / size) * cells) * cells + Math.floor(((point.x - low.x) / size) * cells);
  const nearest = new Map();
  for (const point of seen) nearest.set(cell(point), Math.max(nearest.get(cell(point)) ?? -Infinity, point.z));
  const front = drawn.filter((_, place) => seen[place].z > nearest.get(cell(seen[place])) - depth);
  const step = Math.max(1, front.length / most);
  return Array.from({ length: Math.min(most, front.length) }, (_, place) => front[Math.floor(place * step)].toArray());
}

function trianglesOf(object) {
  const triangles = [];
  object.updateMatrixWorld(true);
  object.traverse((part) => {
    if (!part.isMesh) return;
    const { position } = part.geometry.attributes;
    const index = part.geometry.index;
    const number = index ? index.count : position.count;
    const corner = (place) => new Vector3().fromBufferAttribute(position, index ? index.getX(place) : place).applyMatrix4(part.matrixWorld);
    for (let place = 0; place + 2 < number; place += 3) {
      const [a, b, c] = [corner(place), corner(place + 1), corner(place + 2)];
      const area = b.clone().sub(a).cross(c.clone().sub(a)).length() / 2;
      if (area > 0) triangles.push({ a, b, c, area });
    }
  });
  return triangles;
}

/** Points at even steps through the area, at places in each triangle from a sequence without chance. */
function sampleSurface(triangles, total, number) {
  const points = [];
  let triangle = 0, passed = triangles[0].area;
  for (let place = 0; place < number; place += 1) {
    const wanted = ((place + 0.5) / number) * total;
    while (passed < wanted && triangle < triangles.length - 1) { triangle += 1; passed += triangles[triangle].area; }
    let u = (place * 0.7548776662466927) % 1, v = (place * 0.5698402909980532) % 1;
    if (u + v > 1) { u = 1 - u; v = 1 - v; }
    const { a, b, c } = triangles[triangle];
    points.push(a.clone().addScaledVector(b.clone().sub(a), u).addScaledVector(c.clone().sub(a), v));
  }
  return points;
}
