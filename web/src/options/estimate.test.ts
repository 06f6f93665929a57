import { describe, expect, it } from 'vitest';
import type { EnhancementModel, Parameter } from '../api/types.ts';
import { estimateResult } from './estimate.ts';
import { defaultOptions, availableGoals, optionsForGoal, withModel, withParam, type JobOptions } from './jobOptions.ts';

const number = { minimum: 1, maximum: 4, choices: null, licence: null };
const output: Parameter[] = [
  { name: 'outputFormat', kind: 'choice', default: 'png', minimum: null, maximum: null, choices: ['png', 'webp', 'jpeg'], licence: null },
  { name: 'outputQuality', kind: 'integer', default: 90, minimum: 1, maximum: 100, choices: null, licence: null },
];
const esrgan: EnhancementModel = {
  slug: 'nightmareai/real-esrgan',
  name: 'Real-ESRGAN',
  goal: 'enlarge',
  presets: [
    { goal: 'enlarge', params: {} },
    { goal: 'cleanup', params: { scale: 1 } },
  ],
  params: [{ name: 'scale', kind: 'number', default: 4, ...number }, ...output],
  maxPixels: 2_096_704,
  licence: 'BSD-3-Clause',
  usualSeconds: 12,
};
const gfpgan: EnhancementModel = {
  ...esrgan,
  slug: 'tencentarc/gfpgan',
  goal: 'faces',
  presets: [{ goal: 'faces', params: {} }],
  params: [{ name: 'scale', kind: 'number', default: 2, ...number }, ...output],
};
const models = [esrgan, gfpgan];
const enlarge: JobOptions = { goal: 'enlarge', model: esrgan.slug, params: {} };

describe('a goal', () => {
  it('is available if a model has a preset for it', () => {
    expect(availableGoals(models)).toEqual(['enlarge', 'faces', 'cleanup']);
    expect(availableGoals([gfpgan])).toEqual(['faces']);
    expect(defaultOptions([])).toBeNull();
  });

  it('sets its model and preset', () => {
    expect(defaultOptions(models)).toEqual(enlarge);
    expect(optionsForGoal('cleanup', models)).toEqual({ goal: 'cleanup', model: esrgan.slug, params: { scale: 1 } });
    expect(optionsForGoal('faces', [esrgan])).toBeNull();
  });

  it('follows the chosen model, and the file format is kept', () => {
    const chosen = withModel(withParam(enlarge, 'outputFormat', 'jpeg'), gfpgan);
    expect(chosen).toEqual({ goal: 'faces', model: gfpgan.slug, params: { outputFormat: 'jpeg' } });
  });
});

describe('the estimate', () => {
  it('is the default scale as WebP', () => {
    const estimate = estimateResult(enlarge, esrgan, 1200, 900);
    expect(estimate).toMatchObject({ width: 4800, height: 3600, scale: 4, limited: false, format: 'webp' });
    expect(estimate.params).toEqual({ scale: 4, outputFormat: 'webp' });
    expect(estimate.scales).toEqual([1, 1.5, 2, 3, 4]);
  });

  it('keeps a chosen scale', () => {
    expect(estimateResult(withParam(enlarge, 'scale', 2), esrgan, 100, 50)).toMatchObject({ width: 200, height: 100 });
  });

  it('offers no more than the model can, and leaves the largest scale to the server', () => {
    const estimate = estimateResult(enlarge, esrgan, 4000, 3000);
    expect(estimate).toMatchObject({ scale: 1.67, limited: true, scales: [1, 1.5, 1.67], width: 6688, height: 5016 });
    expect(estimate.params).not.toHaveProperty('scale');
  });

  it('never requests a scale below 1', () => {
    const estimate = estimateResult({ goal: 'cleanup', model: esrgan.slug, params: { scale: 1 } }, esrgan, 8000, 6000);
    expect(estimate).toMatchObject({ scale: 0.83, scales: [0.83], limited: true });
    expect(estimate.params).not.toHaveProperty('scale');
  });

  it('does not offer WebP for a side that it can’t hold', () => {
    const panorama = estimateResult(enlarge, esrgan, 6000, 300);
    expect(panorama.formats).toEqual([
      { name: 'png', fits: true },
      { name: 'webp', fits: false },
      { name: 'jpeg', fits: true },
    ]);
    expect(panorama.format).toBe('png');
    expect(estimateResult(withParam(enlarge, 'scale', 2), esrgan, 6000, 300).format).toBe('webp');
  });

  it('sends a quality only for lossy formats', () => {
    const chosen = withParam(enlarge, 'outputQuality', 70);
    expect(estimateResult(chosen, esrgan, 10, 10).params).toHaveProperty('outputQuality', 70);
    expect(estimateResult(withParam(chosen, 'outputFormat', 'png'), esrgan, 10, 10).params).not.toHaveProperty('outputQuality');
  });
});
