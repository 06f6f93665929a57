/** A shared view of both sides of the comparison: a zoom factor around the center, then an offset in CSS pixels. */
export type ZoomPan = { zoom: number; x: number; y: number };
export type Area = { width: number; height: number };

export const FIT: ZoomPan = { zoom: 1, x: 0, y: 0 };
const MAX_ZOOM = 8;

/** Zooms by a factor and keeps the point under `at`, measured from the area's center, in place. */
export function zoomAt(zoomPan: ZoomPan, factor: number, at: { x: number; y: number }, area: Area): ZoomPan {
  const zoom = Math.min(MAX_ZOOM, Math.max(1, zoomPan.zoom * factor));
  const ratio = zoom / zoomPan.zoom;
  return clampToArea({ zoom, x: at.x - (at.x - zoomPan.x) * ratio, y: at.y - (at.y - zoomPan.y) * ratio }, area);
}

export function panBy(zoomPan: ZoomPan, x: number, y: number, area: Area): ZoomPan {
  return clampToArea({ ...zoomPan, x: zoomPan.x + x, y: zoomPan.y + y }, area);
}

/** Limits the offset so that the image always covers its area. */
function clampToArea({ zoom, x, y }: ZoomPan, { width, height }: Area): ZoomPan {
  const most = { x: (width * (zoom - 1)) / 2, y: (height * (zoom - 1)) / 2 };
  return { zoom, x: clamp(-most.x, x, most.x), y: clamp(-most.y, y, most.y) };
}

function clamp(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value)) + 0; // + 0: no negative zero
}
