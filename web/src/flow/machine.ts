/**
 * The page's state machine: one discriminated union of states, one table of transitions. Events that are not in the
 * table are ignored, so a late response or a double click can't change the view.
 */
import type { Problem } from '../api/problem.ts';
import { hasEnded, type Job } from '../api/types.ts';
import type { Original, FileRejection, Size } from '../image/read.ts';
import type { JobOptions } from '../options/jobOptions.ts';

export type Flow =
  | { at: 'start'; rejection: FileRejection | null }
  | { at: 'reading'; file: File }
  | { at: 'plan'; original: Original; options: JobOptions | null; problem: Problem | null }
  | { at: 'submitting'; original: Original; options: JobOptions; progress: number; uploaded: boolean }
  | { at: 'opening'; id: string }
  | { at: 'running'; job: Job; original: Original | null; previous: Job | null }
  | { at: 'decoding'; job: Job; original: Original | null; previous: Job | null }
  | { at: 'result'; job: Job; originalSize: Size | null; decoded: boolean }
  | { at: 'failed'; job: Job }
  | { at: 'unavailable'; id: string; reason: 'unknown' | 'expired' };

export type FlowEvent =
  | { type: 'fileChosen'; file: File }
  | { type: 'fileRejected'; file: File; rejection: FileRejection }
  | { type: 'fileRead'; file: File; original: Original }
  | { type: 'sampleFailed'; rejection: FileRejection }
  | { type: 'optionsChanged'; options: JobOptions }
  | { type: 'submitStarted'; options: JobOptions }
  | { type: 'uploadProgressed'; fraction: number }
  | { type: 'uploadFinished' }
  | { type: 'submitFailed'; problem: Problem }
  | { type: 'submitAborted' }
  | { type: 'jobCreated'; job: Job }
  | { type: 'urlChanged'; id: string | null }
  | { type: 'jobUpdated'; job: Job }
  | { type: 'jobUnavailable'; id: string }
  | { type: 'imagesDecoded'; id: string; originalSize: Size | null; decoded: boolean }
  | { type: 'reset' };

type StateAt<Name extends Flow['at']> = Extract<Flow, { at: Name }>;
type EventOf<Type extends FlowEvent['type']> = Extract<FlowEvent, { type: Type }>;
type Transitions = {
  [Name in Flow['at']]: { [Type in FlowEvent['type']]?: (state: StateAt<Name>, event: EventOf<Type>) => Flow };
};

const START: Flow = { at: 'start', rejection: null };

const readFile = (_: Flow, { file }: EventOf<'fileChosen'>): Flow => ({ at: 'reading', file });
const reset = (): Flow => START;
const urlChanged = (state: Flow, { id }: EventOf<'urlChanged'>): Flow => {
  if (id === jobIdOf(state)) return state;
  return id === null ? START : { at: 'opening', id };
};
const showUnavailable = (state: Flow, { id }: EventOf<'jobUnavailable'>): Flow =>
  id === jobIdOf(state) ? { at: 'unavailable', id, reason: 'unknown' } : state;

const transitions: Transitions = {
  start: {
    fileChosen: readFile,
    sampleFailed: (_, { rejection }) => ({ at: 'start', rejection }),
    urlChanged,
    reset,
  },
  reading: {
    fileChosen: readFile,
    fileRejected: (state, { file, rejection }) => (file === state.file ? { at: 'start', rejection } : state),
    fileRead: (state, { file, original }) =>
      file === state.file ? { at: 'plan', original, options: null, problem: null } : state,
    urlChanged,
    reset,
  },
  plan: {
    fileChosen: readFile,
    optionsChanged: (state, { options }) => ({ ...state, options, problem: null }),
    submitStarted: ({ original }, { options }) => ({ at: 'submitting', original, options, progress: 0, uploaded: false }),
    urlChanged,
    reset,
  },
  submitting: {
    uploadProgressed: (state, { fraction }) => (state.uploaded ? state : { ...state, progress: Math.max(state.progress, fraction) }),
    uploadFinished: (state) => ({ ...state, progress: 1, uploaded: true }),
    submitFailed: ({ original, options }, { problem }) => ({ at: 'plan', original, options, problem }),
    // After the upload, the job may already exist; it can only be cancelled through the API.
    submitAborted: (state) =>
      state.uploaded ? state : { at: 'plan', original: state.original, options: state.options, problem: null },
    jobCreated: ({ original }, { job }) => flowForJob(job, original, null),
  },
  opening: {
    jobUpdated: (state, { job }) => (job.id === state.id ? flowForJob(job, null, null) : state),
    jobUnavailable: showUnavailable,
    urlChanged,
    reset,
  },
  running: {
    jobUpdated: (state, { job }) => (job.id === state.job.id ? flowForJob(job, state.original, state.previous) : state),
    jobUnavailable: showUnavailable,
    urlChanged,
    reset,
  },
  decoding: {
    imagesDecoded: (state, { id, originalSize, decoded }) =>
      id === state.job.id ? { at: 'result', job: state.job, originalSize, decoded } : state,
    jobUnavailable: showUnavailable,
    urlChanged,
    reset,
  },
  result: {
    fileChosen: readFile,
    jobCreated: (state, { job }) => flowForJob(job, null, state.decoded ? state.job : null),
    jobUnavailable: showUnavailable,
    urlChanged,
    reset,
  },
  failed: {
    fileChosen: readFile,
    jobCreated: (_, { job }) => flowForJob(job, null, null),
    jobUnavailable: showUnavailable,
    urlChanged,
    reset,
  },
  unavailable: { fileChosen: readFile, urlChanged, reset },
};

/** Returns the next state, or the same object if the event is ignored in this state. */
export function next(state: Flow, event: FlowEvent): Flow {
  const transition = transitions[state.at][event.type] as ((state: Flow, event: FlowEvent) => Flow) | undefined;
  return transition ? transition(state, event) : state;
}

export function initialFlow(id: string | null): Flow {
  return id === null ? START : { at: 'opening', id };
}

/** Returns the id of the job that the URL should name. */
export function jobIdOf(state: Flow): string | null {
  if ('job' in state) return state.job.id;
  return 'id' in state ? state.id : null;
}

export type ViewName = 'start' | 'plan' | 'opening' | 'progress' | 'result' | 'failed' | 'unavailable';

const VIEWS: Record<Flow['at'], ViewName> = {
  start: 'start',
  reading: 'start',
  plan: 'plan',
  submitting: 'progress',
  opening: 'opening',
  running: 'progress',
  decoding: 'progress',
  result: 'result',
  failed: 'failed',
  unavailable: 'unavailable',
};

export function viewOf(state: Flow): ViewName {
  return VIEWS[state.at];
}

function flowForJob(job: Job, original: Original | null, previous: Job | null): Flow {
  if (!hasEnded(job)) return { at: 'running', job, original, previous };
  if (job.status !== 'succeeded') return { at: 'failed', job };
  if (job.imageUrl === null) return { at: 'unavailable', id: job.id, reason: 'expired' };
  return { at: 'decoding', job, original, previous };
}
