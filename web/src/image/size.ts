/** The server's rules for a result's size, so that the page offers only scales that the server accepts. */

/** Maximum pixels per side of each format, as on the server. */
const MAX_SIDE: Record<string, number> = { webp: 16_383, jpeg: 65_500 };

type Sides = { width: number; height: number };
/** A model's limits: by how much it enlarges each side at most, and the pixels of the largest input. */
export type Bounds = { factor: number; maxPixels: number };

/** The largest possible scale, rounded down to hundredths. Above `maxPixels` the image is reduced first. */
export function largestScale(width: number, height: number, model: Bounds): number {
  const given = largestResult(width, height, model);
  return Math.floor(Math.min(given.width / width, given.height / height) * 100) / 100;
}

/** The result's size. The server resizes the model's output only if it exceeds the scale by more than a hundredth. */
export function resultSize(width: number, height: number, scale: number, model: Bounds): Sides {
  const given = largestResult(width, height, model);
  if (given.width / width < scale + 0.01 && given.height / height < scale + 0.01) return given;
  return { width: side(width, scale), height: side(height, scale) };
}

function largestResult(width: number, height: number, { factor, maxPixels }: Bounds): Sides {
  const taken = fitWithin(width, height, maxPixels);
  return { width: Math.floor(factor * taken.width), height: Math.floor(factor * taken.height) };
}

/** The size at which the image is sent to the model. */
function fitWithin(width: number, height: number, maxPixels: number): Sides {
  if (width * height <= maxPixels) return { width, height };
  const factor = Math.sqrt(maxPixels / (width * height));
  const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
  const short = Math.max(1, Math.floor(shorter * factor));
  const long = Math.max(1, Math.min(Math.round((short * longer) / shorter), Math.floor(maxPixels / short)));
  return width >= height ? { width: long, height: short } : { width: short, height: long };
}

export function fitsFormat(format: string, width: number, height: number): boolean {
  return Math.max(width, height) <= (MAX_SIDE[format] ?? Infinity);
}

/** Rounds like Python's `round`: halves to the nearest even number. */
function side(pixels: number, scale: number): number {
  const exact = pixels * scale;
  const below = Math.floor(exact);
  const rounded = exact - below === 0.5 ? below + (below % 2) : Math.round(exact);
  return Math.max(1, rounded);
}
