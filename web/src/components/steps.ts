import type { Flow } from '../flow/machine.ts';

export const STEPS = ['upload', 'queued', 'enhancing', 'saving'] as const;
export type Step = (typeof STEPS)[number];
export type InProgress = Extract<Flow, { at: 'submitting' | 'running' | 'decoding' }>;

/** Returns the current step. */
export function stepOf(flow: InProgress): Step {
  if (flow.at === 'submitting') return flow.uploaded ? 'queued' : 'upload';
  if (flow.at === 'decoding') return 'saving';
  switch (flow.job.stage) {
    case 'queued':
      return 'queued';
    case 'starting':
    case 'enhancing':
      return 'enhancing';
    case 'saving':
    case 'done':
      return 'saving';
  }
}
