import { expect, it } from 'vitest';
import { panBy, FIT, zoomAt } from './zoomPan.ts';

const area = { width: 400, height: 200 };
const middle = { x: 0, y: 0 };

it('zooms within its limits', () => {
  expect(zoomAt(FIT, 2, middle, area)).toEqual({ zoom: 2, x: 0, y: 0 });
  expect(zoomAt(FIT, 0.5, middle, area)).toEqual(FIT);
  expect(zoomAt(FIT, 100, middle, area).zoom).toBe(8);
});

it('keeps the point under the pointer in place', () => {
  const at = { x: 100, y: -50 };
  const zoomPan = zoomAt(FIT, 2, at, area);
  // The point's position times zoom plus offset is unchanged.
  expect([100 * zoomPan.zoom + zoomPan.x, -50 * zoomPan.zoom + zoomPan.y]).toEqual([100, -50]);
});

it('never moves the image out of its area', () => {
  expect(panBy(FIT, 50, 50, area)).toEqual(FIT);
  expect(panBy({ zoom: 2, x: 0, y: 0 }, 999, -999, area)).toEqual({ zoom: 2, x: 200, y: -100 });
});

it('shows the whole image again when zoomed out', () => {
  expect(zoomAt({ zoom: 4, x: 300, y: 100 }, 0.1, middle, area)).toEqual(FIT);
});
