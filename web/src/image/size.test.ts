import { describe, expect, it } from 'vitest';
import { fitsFormat, largestScale, resultSize } from './size.ts';

const MODEL = { factor: 4, maxPixels: 2_096_704 };

describe('the largest scale', () => {
  it.each([
    [320, 213, 4],
    [1448, 1448, 4],
    [1449, 1448, 3.99],
    [4000, 3000, 1.67],
    [8000, 6000, 0.83],
    [50_000, 100, 2.56],
  ])('%i × %i: %f times', (width, height, scale) => {
    expect(largestScale(width, height, MODEL)).toBe(scale);
  });

  it('rounds sides like the server, halves to even', () => {
    expect(resultSize(1200, 900, 4, MODEL)).toEqual({ width: 4800, height: 3600 });
    expect(resultSize(3, 1, 1.5, MODEL)).toEqual({ width: 4, height: 2 });
    expect(resultSize(5, 7, 1.5, MODEL)).toEqual({ width: 8, height: 10 });
    expect(resultSize(4000, 3000, 1.5, MODEL)).toEqual({ width: 6000, height: 4500 });
  });

  it('is the model’s output if that is hardly larger', () => {
    expect(resultSize(4000, 3000, 1.67, MODEL)).toEqual({ width: 6688, height: 5016 });
    expect(resultSize(3000, 4000, 1.67, MODEL)).toEqual({ width: 5016, height: 6688 });
    expect(resultSize(8000, 5000, 0.91, MODEL)).toEqual({ width: 7320, height: 4576 });
  });

  it('has at least one pixel per side', () => {
    expect(resultSize(1, 9000, 0.4, MODEL)).toEqual({ width: 1, height: 3600 });
  });
});

describe('a model with another factor', () => {
  it('is calculated with its own factor', () => {
    expect(largestScale(100, 50, { factor: 2, maxPixels: 10_000 })).toBe(2);
    expect(resultSize(200, 100, 2, { factor: 2, maxPixels: 5000 })).toEqual({ width: 200, height: 100 });
  });
});

describe('the largest side of a format', () => {
  it.each([
    ['webp', 16_383, true],
    ['webp', 16_384, false],
    ['jpeg', 65_500, true],
    ['jpeg', 65_501, false],
    ['png', 200_000, true],
  ])('%s with %i pixels per side: %s', (format, side, fits) => {
    expect(fitsFormat(format, side, 10)).toBe(fits);
    expect(fitsFormat(format, 10, side)).toBe(fits);
  });
});
