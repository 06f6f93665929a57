/** How large a result can be: the server's rules, so that the page offers nothing that it would refuse. */

const MODELS_OWN_FACTOR = 4;
/** Pixels a side that a format can hold; the server's numbers. */
const MAX_SIDE: Record<string, number> = { webp: 16_383, jpeg: 65_500 };

/** Above `maxPixels` a picture is reduced before it is enhanced; in hundredths, rounded down. */
export function largestScale(width: number, height: number, maxPixels: number): number {
  return Math.floor(MODELS_OWN_FACTOR * Math.min(1, Math.sqrt(maxPixels / (width * height))) * 100) / 100;
}

type Sides = { width: number; height: number };

/** The server leaves what the model gives as it is unless it is more than a hundredth above what was asked for. */
export function resultSize(width: number, height: number, scale: number, maxPixels: number): Sides {
  const taken = fitWithin(width, height, maxPixels);
  if ((MODELS_OWN_FACTOR * taken.width) / width < scale + 0.01) {
    return { width: MODELS_OWN_FACTOR * taken.width, height: MODELS_OWN_FACTOR * taken.height };
  }
  return { width: side(width, scale), height: side(height, scale) };
}

/** What the model gets of a picture. */
function fitWithin(width: number, height: number, maxPixels: number): Sides {
  if (width * height <= maxPixels) return { width, height };
  const factor = Math.sqrt(maxPixels / (width * height));
  const short = Math.max(1, Math.floor(Math.min(width, height) * factor));
  const long = Math.max(1, Math.min(Math.floor(Math.max(width, height) * factor), Math.floor(maxPixels / short)));
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
