// Numbers and notes as words that people read.

const NUMBER = new Intl.NumberFormat("en");
const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export const MODALITIES = { image: "photo", pointcloud: "scan", mesh: "mesh", item: "model" };

export const count = (number) => NUMBER.format(number);
export const some = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
export const short = (number) => SHORT.format(number);
export const percent = (share) => {
  const value = Math.round(share * 100);
  return value === 100 && share < 0.995 ? "99 %" : `${value} %`;
};

export function bytes(number) {
  if (number < 1024) return `${number} B`;
  const units = ["kB", "MB", "GB"];
  let value = number, unit = -1;
  do { value /= 1024; unit += 1; } while (value >= 999.5 && unit < units.length - 1);
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export function duration(seconds) {
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** The last part of a path without its ending: what people call the thing. */
export function nameOf(id) {
  const last = id.split("/").pop();
  return last.replace(/\.[A-Za-z0-9]{1,5}$/, "") || last;
}

/** What was assumed in reading a file, as short phrases; what has no words of its own is shown as it came. */
export function assumptions(notes) {
  const said = [];
  const left = { ...notes };
  const take = (key) => { const value = left[key]; delete left[key]; return value; };
  const up = take("up"), guessed = take("up_assumed");
  if (up !== undefined) said.push(`up = ${String(up).toUpperCase()}${guessed ? " (assumed)" : ""}`);
  const inFile = take("points_in_file"), sampled = take("points_sampled");
  const drawn = take("points_drawn") ?? take("points_used");
  if (inFile !== undefined) said.push(drawn ? `${count(drawn)} of ${count(inFile)} points` : `${count(inFile)} points in the file`);
  if (sampled !== undefined) said.push(`${count(sampled)} points drawn from its surface`);
  const before = take("faces_before"), after = take("faces_after");
  if (before !== undefined && after !== undefined) {
    said.push(before === after ? some(before, "face") : `simplified from ${count(before)} to ${some(after, "face")}`);
  }
  const dropped = take("dropped_faces"), merged = take("merged_vertices");
  if (dropped) said.push(`${some(dropped, "face")} without area left out`);
  if (merged) said.push(`${some(merged, "doubled corner")} made one`);
  const radius = take("radius");
  if (radius !== undefined) said.push(`scaled to one size (radius ${short(radius)}, unit unknown)`);
  for (const key of ["center_x", "center_y", "center_z", "format", "files", "views_repeated", "views_left_out",
    "points_repeated", "faces_repeated"]) delete left[key];
  for (const [key, value] of Object.entries(left)) {
    if (value === false || value === null || typeof value === "object") continue;
    const words = key.replaceAll("_", " ");
    said.push(value === true ? words : `${words}: ${typeof value === "number" ? short(value) : value}`);
  }
  return said;
}

/** A cell of a CSV file: quoted where needed, and never a formula. */
export function csvCell(value) {
  let text = value === null || value === undefined ? "" : String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
