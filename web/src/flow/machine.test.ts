import { describe, expect, it } from 'vitest';
import { Problem } from '../api/problem.ts';
import type { Job } from '../api/types.ts';
import type { Original } from '../image/read.ts';
import type { JobOptions } from '../options/jobOptions.ts';
import { jobIdOf, next, openedAt, viewOf, type Flow, type FlowEvent } from './machine.ts';

const file = new File(['x'], 'cat.jpg');
const original: Original = { file, name: 'cat.jpg', type: 'image/jpeg', width: 320, height: 213, url: 'blob:1' };
const options: JobOptions = { goal: 'enlarge', model: 'a/b', params: {} };
const problem = new Problem({ kind: 'rate_limited' });
const refusal = { reason: 'empty', name: 'cat.jpg' } as const;

const job = (status: Job['status'], id = 'j1', imageUrl: string | null = '/r2-ai/x'): Job =>
  ({ id, status, stage: status === 'processing' ? 'enhancing' : 'done', imageUrl }) as Job;

const states: Record<Flow['at'], Flow> = {
  start: { at: 'start', refusal: null },
  reading: { at: 'reading', file },
  plan: { at: 'plan', original, options: null, problem: null },
  sending: { at: 'sending', original, options, sent: 0.2, stored: false },
  opening: { at: 'opening', id: 'j1' },
  running: { at: 'running', job: job('processing'), original, previous: null },
  revealing: { at: 'revealing', job: job('succeeded'), original, previous: null },
  result: { at: 'result', job: job('succeeded'), originalSize: { width: 1, height: 1 }, decoded: true },
  failed: { at: 'failed', job: job('failed') },
  gone: { at: 'gone', id: 'j1', why: 'unknown' },
};

const events: { [Type in FlowEvent['type']]: Extract<FlowEvent, { type: Type }> } = {
  fileOffered: { type: 'fileOffered', file },
  fileRefused: { type: 'fileRefused', file, refusal },
  fileRead: { type: 'fileRead', file, original },
  sampleMissed: { type: 'sampleMissed', refusal },
  optionsChanged: { type: 'optionsChanged', options },
  started: { type: 'started', options },
  bytesSent: { type: 'bytesSent', share: 0.5 },
  stored: { type: 'stored' },
  sendingRefused: { type: 'sendingRefused', problem },
  sendingStopped: { type: 'sendingStopped' },
  jobCreated: { type: 'jobCreated', job: job('queued', 'j2') },
  addressed: { type: 'addressed', id: 'j9' },
  jobSeen: { type: 'jobSeen', job: job('failed') },
  jobLost: { type: 'jobLost', id: 'j1' },
  picturesDecoded: { type: 'picturesDecoded', id: 'j1', originalSize: null, decoded: true },
  left: { type: 'left' },
};

/** Where each event leads from each state; what is not named changes nothing. */
const table: Record<Flow['at'], Partial<Record<FlowEvent['type'], Flow['at']>>> = {
  start: { fileOffered: 'reading', sampleMissed: 'start', addressed: 'opening', left: 'start' },
  reading: { fileOffered: 'reading', fileRefused: 'start', fileRead: 'plan', addressed: 'opening', left: 'start' },
  plan: { fileOffered: 'reading', optionsChanged: 'plan', started: 'sending', addressed: 'opening', left: 'start' },
  sending: {
    bytesSent: 'sending',
    stored: 'sending',
    sendingRefused: 'plan',
    sendingStopped: 'plan',
    jobCreated: 'running',
  },
  opening: { jobSeen: 'failed', jobLost: 'gone', addressed: 'opening', left: 'start' },
  running: { jobSeen: 'failed', jobLost: 'gone', addressed: 'opening', left: 'start' },
  revealing: { picturesDecoded: 'result', jobLost: 'gone', addressed: 'opening', left: 'start' },
  result: { fileOffered: 'reading', jobCreated: 'running', jobLost: 'gone', addressed: 'opening', left: 'start' },
  failed: { fileOffered: 'reading', jobCreated: 'running', jobLost: 'gone', addressed: 'opening', left: 'start' },
  gone: { fileOffered: 'reading', addressed: 'opening', left: 'start' },
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

describe('what a move carries', () => {
  it('keeps the picture and the options when the server says no, with why', () => {
    expect(next(states.sending, events.sendingRefused)).toEqual({ at: 'plan', original, options, problem });
  });

  it('drops the problem once something is changed', () => {
    const refused = next(states.sending, events.sendingRefused);
    expect(next(refused, events.optionsChanged)).toMatchObject({ problem: null, options });
  });

  it('ignores the answer about a file that is no longer the one', () => {
    const other = new File(['y'], 'dog.jpg');
    expect(next(states.reading, { type: 'fileRead', file: other, original })).toBe(states.reading);
    expect(next(states.reading, { type: 'fileRefused', file: other, refusal })).toBe(states.reading);
  });

  it('never counts sent bytes backwards, and none after the end', () => {
    expect(next(states.sending, { type: 'bytesSent', share: 0.1 })).toMatchObject({ sent: 0.2 });
    const stored = next(states.sending, events.stored);
    expect(stored).toMatchObject({ sent: 1, stored: true });
    expect(next(stored, events.bytesSent)).toBe(stored);
  });

  it('does not stop the sending once the job is being made', () => {
    const stored = next(states.sending, events.stored);
    expect(next(stored, events.sendingStopped)).toBe(stored);
  });

  it('ignores other jobs', () => {
    const other = job('succeeded', 'j7');
    for (const at of ['opening', 'running'] as const) {
      expect(next(states[at], { type: 'jobSeen', job: other })).toBe(states[at]);
      expect(next(states[at], { type: 'jobLost', id: 'j7' })).toBe(states[at]);
    }
    expect(next(states.revealing, { ...events.picturesDecoded, id: 'j7' })).toBe(states.revealing);
  });

  it.each([
    ['queued', 'running'],
    ['processing', 'running'],
    ['succeeded', 'revealing'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
  ] as const)('shows a job that is %s as %s', (status, at) => {
    expect(next(states.opening, { type: 'jobSeen', job: job(status) }).at).toBe(at);
  });

  it('says that a result past its time is gone', () => {
    const expired = job('succeeded', 'j1', null);
    expect(next(states.opening, { type: 'jobSeen', job: expired })).toEqual({ at: 'gone', id: 'j1', why: 'expired' });
  });

  it('keeps the result on the screen while another one is made of its original', () => {
    const running = next(states.result, events.jobCreated);
    expect(running).toMatchObject({ at: 'running', previous: { id: 'j1' } });
    const seen = next(running, { type: 'jobSeen', job: job('succeeded', 'j2') });
    expect(seen).toMatchObject({ at: 'revealing', previous: { id: 'j1' } });
  });

  it('stays where it is when the address already says so', () => {
    expect(next(states.result, { type: 'addressed', id: 'j1' })).toBe(states.result);
    expect(next(states.plan, { type: 'addressed', id: null })).toBe(states.plan);
  });

  it('goes to the start when the address names no job', () => {
    expect(next(states.result, { type: 'addressed', id: null }).at).toBe('start');
  });
});

it('opens at the job that the address names', () => {
  expect(openedAt(null).at).toBe('start');
  expect(openedAt('j1')).toEqual(states.opening);
});

it('names the job for the address', () => {
  const named = names.filter((at) => jobIdOf(states[at]) === 'j1');
  expect(named).toEqual(['opening', 'running', 'revealing', 'result', 'failed', 'gone']);
});

it('shows every state as a view', () => {
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
    'gone',
  ]);
});
