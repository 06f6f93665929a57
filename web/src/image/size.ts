/** How large a result can be: the server's rules, so that the page offers nothing that it would refuse. */

/** Pixels a side that a format can hold; the server's numbers. */
const MAX_SIDE: Record<string, number> = { webp: 16_383, jpeg: 65_500 };

type Sides = { width: number; height: number };
/** What of a model decides: how many times the sides of its input a result may have, and how large an input it takes. */
export type Bounds = { factor: number; maxPixels: number };

/** Above `maxPixels` an image is reduced before it is enhanced; in hundredths, rounded down. */
export function largestScale(width: number, height: number, model: Bounds): number {
  const given = largestResult(width, height, model);
  return Math.floor(Math.min(given.width / width, given.height / height) * 100) / 100;
}

/** The server leaves what the model gives as it is unless it is more than a hundredth above what was asked for. */
export function resultSize(width: number, height: number, scale: number, model: Bounds): Sides {
  const given = largestResult(width, height, model);
  if (given.width / width < scale + 0.01 && given.height / height < scale + 0.01) return given;
  return { width: side(width, scale), height: side(height, scale) };
}

function largestResult(width: number, height: number, { factor, maxPixels }: Bounds): Sides {
  const taken = fitWithin(width, height, maxPixels);
  return { width: Math.floor(factor * taken.width), height: Math.floor(factor * taken.height) };
}

/** What the model gets of an image. */
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

/** Python's `round`, which takes halves to the even number. */
function side(pixels: number, scale: number): number {
  const exact = pixels * scale;
  const below = Math.floor(exact);
  const rounded = exact - below === 0.5 ? below + (below % 2) : Math.round(exact);
  return Math.max(1, rounded);
}
