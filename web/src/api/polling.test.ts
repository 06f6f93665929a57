import { expect, it } from 'vitest';
import { pollInterval } from './polling.ts';
import { Problem } from './problem.ts';
import type { Job } from './types.ts';

const seen = (status: Job['status'], retryAfter: number | null = 2) => ({
  data: { data: { status } as Job, retryAfter },
  error: null,
});

it('polls a running job at the server’s interval', () => {
  expect(pollInterval(seen('queued', 3))).toBe(3000);
  expect(pollInterval(seen('processing', 2))).toBe(2000);
});

it('has a default interval, and never an interval of zero', () => {
  expect(pollInterval(seen('processing', null))).toBe(2000);
  expect(pollInterval(seen('processing', 0))).toBe(1000);
  expect(pollInterval({ data: undefined, error: null })).toBe(2000);
});

it.each(['succeeded', 'failed', 'canceled'] as const)('stops when the job is %s', (status) => {
  expect(pollInterval(seen(status))).toBe(false);
});

it('obeys Retry-After after a rate limit, up to a minute', () => {
  expect(pollInterval({ ...seen('processing'), error: new Problem({ kind: 'rate_limited', retryAfter: 17 }) })).toBe(17_000);
  expect(pollInterval({ ...seen('processing'), error: new Problem({ kind: 'rate_limited', retryAfter: 999 }) })).toBe(60_000);
});

it('keeps polling after a lost connection', () => {
  expect(pollInterval({ ...seen('processing'), error: new Problem({ kind: 'unreachable' }) })).toBe(5000);
  expect(pollInterval({ ...seen('processing'), error: new Error('anything') })).toBe(5000);
});

it.each(['not_found', 'gone', 'unauthorized', 'forbidden'] as const)('stops when the job is %s', (kind) => {
  expect(pollInterval({ data: undefined, error: new Problem({ kind }) })).toBe(false);
});
