/** Where both sides of a comparison are looked at: magnified around the middle, then moved by pixels. */
export type Glass = { zoom: number; x: number; y: number };
export type Area = { width: number; height: number };

export const WHOLE: Glass = { zoom: 1, x: 0, y: 0 };
const MOST = 8;

/** Another magnification that keeps the point under `at` (from the area's middle) where it is. */
export function zoomed(glass: Glass, factor: number, at: { x: number; y: number }, area: Area): Glass {
  const zoom = Math.min(MOST, Math.max(1, glass.zoom * factor));
  const ratio = zoom / glass.zoom;
  return kept({ zoom, x: at.x - (at.x - glass.x) * ratio, y: at.y - (at.y - glass.y) * ratio }, area);
}

export function moved(glass: Glass, x: number, y: number, area: Area): Glass {
  return kept({ ...glass, x: glass.x + x, y: glass.y + y }, area);
}

/** The picture can't be pushed out of its area. */
function kept({ zoom, x, y }: Glass, { width, height }: Area): Glass {
  const most = { x: (width * (zoom - 1)) / 2, y: (height * (zoom - 1)) / 2 };
  return { zoom, x: between(-most.x, x, most.x), y: between(-most.y, y, most.y) };
}

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value)) + 0; // + 0: no negative zero
}
