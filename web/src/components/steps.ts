import type { Flow } from '../flow/machine.ts';

export const STEPS = ['upload', 'queued', 'enhancing', 'saving'] as const;
export type Step = (typeof STEPS)[number];
export type Underway = Extract<Flow, { at: 'sending' | 'running' | 'revealing' }>;

/** The step that is going on now. */
export function stepOf(flow: Underway): Step {
  if (flow.at === 'sending') return flow.stored ? 'queued' : 'upload';
  if (flow.at === 'revealing') return 'saving';
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
