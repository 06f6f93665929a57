import { describe, expect, it } from 'vitest';
import { Problem } from '../api/problem.ts';
import type { Job } from '../api/types.ts';
import type { Original } from '../image/read.ts';
import type { JobOptions } from '../options/jobOptions.ts';
import { jobIdOf, next, initialFlow, viewOf, type Flow, type FlowEvent } from './machine.ts';

const file = new File(['x'], 'cat.jpg');
const original: Original = { file, name: 'cat.jpg', type: 'image/jpeg', width: 320, height: 213, url: 'blob:1' };
const options: JobOptions = { goal: 'enlarge', model: 'a/b', params: {} };
const problem = new Problem({ kind: 'rate_limited' });
const rejection = { reason: 'empty', name: 'cat.jpg' } as const;

const job = (status: Job['status'], id = 'j1', imageUrl: string | null = '/r2-ai/x'): Job =>
  ({ id, status, stage: status === 'processing' ? 'enhancing' : 'completed', imageUrl }) as Job;

const states: Record<Flow['at'], Flow> = {
  start: { at: 'start', rejection: null },
  reading: { at: 'reading', file },
  plan: { at: 'plan', original, options: null, problem: null },
  submitting: { at: 'submitting', original, options, progress: 0.2, uploaded: false },
  opening: { at: 'opening', id: 'j1' },
  running: { at: 'running', job: job('processing'), original, previous: null },
  decoding: { at: 'decoding', job: job('succeeded'), original, previous: null },
  result: { at: 'result', job: job('succeeded'), originalSize: { width: 1, height: 1 }, decoded: true },
  failed: { at: 'failed', job: job('failed') },
  unavailable: { at: 'unavailable', id: 'j1', reason: 'unknown' },
};

const events: { [Type in FlowEvent['type']]: Extract<FlowEvent, { type: Type }> } = {
  fileChosen: { type: 'fileChosen', file },
  fileRejected: { type: 'fileRejected', file, rejection },
  fileRead: { type: 'fileRead', file, original },
  sampleFailed: { type: 'sampleFailed', rejection },
  optionsChanged: { type: 'optionsChanged', options },
  submitStarted: { type: 'submitStarted', options },
  uploadProgressed: { type: 'uploadProgressed', fraction: 0.5 },
  uploadFinished: { type: 'uploadFinished' },
  submitFailed: { type: 'submitFailed', problem },
  submitAborted: { type: 'submitAborted' },
  jobCreated: { type: 'jobCreated', job: job('queued', 'j2') },
  urlChanged: { type: 'urlChanged', id: 'j9' },
  jobUpdated: { type: 'jobUpdated', job: job('failed') },
  jobUnavailable: { type: 'jobUnavailable', id: 'j1' },
  imagesDecoded: { type: 'imagesDecoded', id: 'j1', originalSize: null, decoded: true },
  reset: { type: 'reset' },
};

/** The target state of each event in each state; other events are ignored. */
const table: Record<Flow['at'], Partial<Record<FlowEvent['type'], Flow['at']>>> = {
  start: { fileChosen: 'reading', sampleFailed: 'start', urlChanged: 'opening', reset: 'start' },
  reading: { fileChosen: 'reading', fileRejected: 'start', fileRead: 'plan', urlChanged: 'opening', reset: 'start' },
  plan: { fileChosen: 'reading', optionsChanged: 'plan', submitStarted: 'submitting', urlChanged: 'opening', reset: 'start' },
  submitting: {
    uploadProgressed: 'submitting',
    uploadFinished: 'submitting',
    submitFailed: 'plan',
    submitAborted: 'plan',
    jobCreated: 'running',
  },
  opening: { jobUpdated: 'failed', jobUnavailable: 'unavailable', urlChanged: 'opening', reset: 'start' },
  running: { jobUpdated: 'failed', jobUnavailable: 'unavailable', urlChanged: 'opening', reset: 'start' },
  decoding: { imagesDecoded: 'result', jobUnavailable: 'unavailable', urlChanged: 'opening', reset: 'start' },
  result: { fileChosen: 'reading', jobCreated: 'running', jobUnavailable: 'unavailable', urlChanged: 'opening', reset: 'start' },
  failed: { fileChosen: 'reading', jobCreated: 'running', jobUnavailable: 'unavailable', urlChanged: 'opening', reset: 'start' },
  unavailable: { fileChosen: 'reading', urlChanged: 'opening', reset: 'start' },
};

const names = Object.keys(states) as Flow['at'][];
const types = Object.keys(events) as FlowEvent['type'][];

describe.each(names)('%s', (at) => {
  it.each(types)('on %s', (type) => {
    const before = states[at];
    const after = next(before, events[type]);
    const leadsTo = table[at][type];
    if (leadsTo === undefined) expect(after).toBe(before);
    else expect(after.at).toBe(leadsTo);
  });
});

describe('a transition', () => {
  it('keeps image, options and problem when the server refuses', () => {
    expect(next(states.submitting, events.submitFailed)).toEqual({ at: 'plan', original, options, problem });
  });

  it('drops the problem when an option changes', () => {
    const refused = next(states.submitting, events.submitFailed);
    expect(next(refused, events.optionsChanged)).toMatchObject({ problem: null, options });
  });

  it('ignores the result of reading an earlier file', () => {
    const other = new File(['y'], 'dog.jpg');
    expect(next(states.reading, { type: 'fileRead', file: other, original })).toBe(states.reading);
    expect(next(states.reading, { type: 'fileRejected', file: other, rejection })).toBe(states.reading);
  });

  it('never decreases the upload progress, and keeps it after the upload has finished', () => {
    expect(next(states.submitting, { type: 'uploadProgressed', fraction: 0.1 })).toMatchObject({ progress: 0.2 });
    const stored = next(states.submitting, events.uploadFinished);
    expect(stored).toMatchObject({ progress: 1, uploaded: true });
    expect(next(stored, events.uploadProgressed)).toBe(stored);
  });

  it('can’t be aborted while the job is being created', () => {
    const stored = next(states.submitting, events.uploadFinished);
    expect(next(stored, events.submitAborted)).toBe(stored);
  });

  it('ignores other jobs', () => {
    const other = job('succeeded', 'j7');
    for (const at of ['opening', 'running'] as const) {
      expect(next(states[at], { type: 'jobUpdated', job: other })).toBe(states[at]);
      expect(next(states[at], { type: 'jobUnavailable', id: 'j7' })).toBe(states[at]);
    }
    expect(next(states.decoding, { ...events.imagesDecoded, id: 'j7' })).toBe(states.decoding);
  });

  it.each([
    ['queued', 'running'],
    ['processing', 'running'],
    ['succeeded', 'decoding'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
  ] as const)('shows a job that is %s as %s', (status, at) => {
    expect(next(states.opening, { type: 'jobUpdated', job: job(status) }).at).toBe(at);
  });

  it('leads to “unavailable” for an expired result', () => {
    const expired = job('succeeded', 'j1', null);
    expect(next(states.opening, { type: 'jobUpdated', job: expired })).toEqual({ at: 'unavailable', id: 'j1', reason: 'expired' });
  });

  it('keeps the previous result while the original is enhanced again', () => {
    const running = next(states.result, events.jobCreated);
    expect(running).toMatchObject({ at: 'running', previous: { id: 'j1' } });
    const seen = next(running, { type: 'jobUpdated', job: job('succeeded', 'j2') });
    expect(seen).toMatchObject({ at: 'decoding', previous: { id: 'j1' } });
  });

  it('changes nothing if the URL already matches', () => {
    expect(next(states.result, { type: 'urlChanged', id: 'j1' })).toBe(states.result);
    expect(next(states.plan, { type: 'urlChanged', id: null })).toBe(states.plan);
  });

  it('leads to the start if the URL names no job', () => {
    expect(next(states.result, { type: 'urlChanged', id: null }).at).toBe('start');
  });
});

it('opens the job that the URL names', () => {
  expect(initialFlow(null).at).toBe('start');
  expect(initialFlow('j1')).toEqual(states.opening);
});

it('returns the job id for the URL', () => {
  const named = names.filter((at) => jobIdOf(states[at]) === 'j1');
  expect(named).toEqual(['opening', 'running', 'decoding', 'result', 'failed', 'unavailable']);
});

it('maps every state to a view', () => {
  expect(names.map((at) => viewOf(states[at]))).toEqual([
    'start',
    'start',
    'plan',
    'progress',
    'opening',
    'progress',
    'progress',
    'result',
    'failed',
    'unavailable',
  ]);
});
