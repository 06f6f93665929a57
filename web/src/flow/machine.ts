/**
 * Where a person is with a picture. One tagged state, one table of moves; what is not in the table changes nothing, so
 * that a late answer or a second click can't break what is on the screen.
 */
import type { Problem } from '../api/problem.ts';
import { hasEnded, type Job } from '../api/types.ts';
import type { Original, Refusal, Size } from '../image/read.ts';
import type { JobOptions } from '../options/jobOptions.ts';

export type Flow =
  | { at: 'start'; refusal: Refusal | null }
  | { at: 'reading'; file: File }
  | { at: 'plan'; original: Original; options: JobOptions | null; problem: Problem | null }
  | { at: 'sending'; original: Original; options: JobOptions; sent: number; stored: boolean }
  | { at: 'opening'; id: string }
  | { at: 'running'; job: Job; original: Original | null; previous: Job | null }
  | { at: 'revealing'; job: Job; original: Original | null; previous: Job | null }
  | { at: 'result'; job: Job; originalSize: Size | null; decoded: boolean }
  | { at: 'failed'; job: Job }
  | { at: 'gone'; id: string; why: 'unknown' | 'expired' };

export type FlowEvent =
  | { type: 'fileOffered'; file: File }
  | { type: 'fileRefused'; file: File; refusal: Refusal }
  | { type: 'fileRead'; file: File; original: Original }
  | { type: 'sampleMissed'; refusal: Refusal }
  | { type: 'optionsChanged'; options: JobOptions }
  | { type: 'started'; options: JobOptions }
  | { type: 'bytesSent'; share: number }
  | { type: 'stored' }
  | { type: 'sendingRefused'; problem: Problem }
  | { type: 'sendingStopped' }
  | { type: 'jobCreated'; job: Job }
  | { type: 'addressed'; id: string | null }
  | { type: 'jobSeen'; job: Job }
  | { type: 'jobLost'; id: string }
  | { type: 'picturesDecoded'; id: string; originalSize: Size | null; decoded: boolean }
  | { type: 'left' };

type At<Name extends Flow['at']> = Extract<Flow, { at: Name }>;
type Named<Type extends FlowEvent['type']> = Extract<FlowEvent, { type: Type }>;
type Moves = {
  [Name in Flow['at']]: { [Type in FlowEvent['type']]?: (state: At<Name>, event: Named<Type>) => Flow };
};

const START: Flow = { at: 'start', refusal: null };

const offered = (_: Flow, { file }: Named<'fileOffered'>): Flow => ({ at: 'reading', file });
const left = (): Flow => START;
const addressed = (state: Flow, { id }: Named<'addressed'>): Flow => {
  if (id === jobIdOf(state)) return state;
  return id === null ? START : { at: 'opening', id };
};
const lost = (state: Flow, { id }: Named<'jobLost'>): Flow =>
  id === jobIdOf(state) ? { at: 'gone', id, why: 'unknown' } : state;

const moves: Moves = {
  start: {
    fileOffered: offered,
    sampleMissed: (_, { refusal }) => ({ at: 'start', refusal }),
    addressed,
    left,
  },
  reading: {
    fileOffered: offered,
    fileRefused: (state, { file, refusal }) => (file === state.file ? { at: 'start', refusal } : state),
    fileRead: (state, { file, original }) =>
      file === state.file ? { at: 'plan', original, options: null, problem: null } : state,
    addressed,
    left,
  },
  plan: {
    fileOffered: offered,
    optionsChanged: (state, { options }) => ({ ...state, options, problem: null }),
    started: ({ original }, { options }) => ({ at: 'sending', original, options, sent: 0, stored: false }),
    addressed,
    left,
  },
  sending: {
    bytesSent: (state, { share }) => (state.stored ? state : { ...state, sent: Math.max(state.sent, share) }),
    stored: (state) => ({ ...state, sent: 1, stored: true }),
    sendingRefused: ({ original, options }, { problem }) => ({ at: 'plan', original, options, problem }),
    // Once the job is being made it can't be unmade here; it is cancelled as a job.
    sendingStopped: (state) =>
      state.stored ? state : { at: 'plan', original: state.original, options: state.options, problem: null },
    jobCreated: ({ original }, { job }) => placeOf(job, original, null),
  },
  opening: {
    jobSeen: (state, { job }) => (job.id === state.id ? placeOf(job, null, null) : state),
    jobLost: lost,
    addressed,
    left,
  },
  running: {
    jobSeen: (state, { job }) => (job.id === state.job.id ? placeOf(job, state.original, state.previous) : state),
    jobLost: lost,
    addressed,
    left,
  },
  revealing: {
    picturesDecoded: (state, { id, originalSize, decoded }) =>
      id === state.job.id ? { at: 'result', job: state.job, originalSize, decoded } : state,
    jobLost: lost,
    addressed,
    left,
  },
  result: {
    fileOffered: offered,
    jobCreated: (state, { job }) => placeOf(job, null, state.decoded ? state.job : null),
    jobLost: lost,
    addressed,
    left,
  },
  failed: {
    fileOffered: offered,
    jobCreated: (_, { job }) => placeOf(job, null, null),
    jobLost: lost,
    addressed,
    left,
  },
  gone: { fileOffered: offered, addressed, left },
};

/** The next state; the same object where the event means nothing there. */
export function next(state: Flow, event: FlowEvent): Flow {
  const move = moves[state.at][event.type] as ((state: Flow, event: FlowEvent) => Flow) | undefined;
  return move ? move(state, event) : state;
}

export function openedAt(id: string | null): Flow {
  return id === null ? START : { at: 'opening', id };
}

/** The job that the address names. */
export function jobIdOf(state: Flow): string | null {
  if ('job' in state) return state.job.id;
  return 'id' in state ? state.id : null;
}

export type ViewName = 'start' | 'plan' | 'opening' | 'progress' | 'result' | 'failed' | 'gone';

const VIEWS: Record<Flow['at'], ViewName> = {
  start: 'start',
  reading: 'start',
  plan: 'plan',
  sending: 'progress',
  opening: 'opening',
  running: 'progress',
  revealing: 'progress',
  result: 'result',
  failed: 'failed',
  gone: 'gone',
};

export function viewOf(state: Flow): ViewName {
  return VIEWS[state.at];
}

function placeOf(job: Job, original: Original | null, previous: Job | null): Flow {
  if (!hasEnded(job)) return { at: 'running', job, original, previous };
  if (job.status !== 'succeeded') return { at: 'failed', job };
  if (job.imageUrl === null) return { at: 'gone', id: job.id, why: 'expired' };
  return { at: 'revealing', job, original, previous };
}
