import type { EnhancementModel, Params } from '../api/types.ts';
import { fitsFormat, largestScale, resultSize } from '../image/size.ts';
import type { JobOptions } from './jobOptions.ts';

/** The expected result for an image of this size, and the scales and formats to choose from. */
export type Estimate = {
  width: number;
  height: number;
  scale: number;
  scales: number[];
  /** The requested scale is not possible, because the image exceeds the model's input limit. */
  limited: boolean;
  format: string;
  formats: { name: string; fits: boolean }[];
  /** The parameters to send. */
  params: Params;
};

const STEPS = [1, 1.5, 2, 3, 4];
/** WebP first: its files are about an eighth of PNG's, and the installation pays for storage and traffic. */
const PREFERRED = ['webp', 'png', 'jpeg'];

export function estimateResult(options: JobOptions, model: EnhancementModel, width: number, height: number): Estimate {
  const bounds = { factor: parameter(model, 'scale')?.maximum ?? 1, maxPixels: model.maxPixels };
  const largest = largestScale(width, height, bounds);
  const wanted = numberOf(options.params.scale) ?? numberOf(parameter(model, 'scale')?.default) ?? 1;
  const scale = Math.min(wanted, largest);
  const size = resultSize(width, height, scale, bounds);
  const formats = (parameter(model, 'outputFormat')?.choices ?? []).map((name) => ({
    name,
    fits: fitsFormat(name, size.width, size.height),
  }));
  const fitting = formats.filter(({ fits }) => fits).map(({ name }) => name);
  const asked = options.params.outputFormat;
  const format = fitting.find((name) => name === asked) ?? PREFERRED.find((name) => fitting.includes(name)) ?? 'png';
  const params: Params = { ...options.params, outputFormat: format };
  delete params.scale;
  if (format === 'png') delete params.outputQuality;
  // If scale is omitted, the server uses the largest that fits. That may be below 1, which a request can't contain.
  if (wanted <= largest) params.scale = wanted;
  return { ...size, scale, scales: scalesUpTo(largest), limited: wanted > largest, format, formats, params };
}

function scalesUpTo(largest: number): number[] {
  const steps = STEPS.filter((step) => step <= largest);
  return steps.includes(largest) ? steps : [...steps, largest];
}

export function parameter(model: EnhancementModel, name: string) {
  return model.params.find((candidate) => candidate.name === name);
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
