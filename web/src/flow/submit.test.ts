import { describe, expect, it } from 'vitest';
import { Problem, type ProblemKind } from '../api/problem.ts';
import type { Job, Upload } from '../api/types.ts';
import type { Original } from '../image/read.ts';
import { JobSubmitter } from './submit.ts';

const file = new File(['x'], 'cat.jpg');
const original: Original = { file, name: 'cat.jpg', type: 'image/jpeg', width: 4, height: 4, url: 'blob:1' };
const modelAndParams = { model: 'a/b', params: { scale: 2 } };
const made = { id: 'u1', status: 'queued' } as Job;

/** A server and a bucket that remember what they were asked; `refusals` are told first, one a request. */
class Backend {
  readonly asked: string[] = [];
  readonly keys: string[] = [];
  expiresAt = new Date(Date.now() + 600_000).toISOString();
  constructor(private readonly refusals: ProblemKind[] = []) {}

  requestUpload = async () => {
    this.asked.push('ticket');
    return { uploadId: 'u1', expiresAt: this.expiresAt } as Upload;
  };
  createJob = async (_: unknown, key: string) => {
    this.asked.push('job');
    this.keys.push(key);
    const kind = this.refusals.shift();
    if (kind) throw new Problem({ kind });
    return { data: made, retryAfter: 2 };
  };
  job = async () => {
    this.asked.push('look');
    return { data: made, retryAfter: 2 };
  };
  put = async () => {
    this.asked.push('put');
  };
}

const callbacks = { onProgress: () => undefined, onUploaded: () => undefined, signal: new AbortController().signal };
const submitterFor = (backend: Backend) => new JobSubmitter(backend, backend.put, async () => undefined);

describe('submitting', () => {
  it('asks where to, sends, makes the job', async () => {
    const backend = new Backend();
    expect(await submitterFor(backend).send(original, modelAndParams, callbacks)).toBe(made);
    expect(backend.asked).toEqual(['ticket', 'put', 'job']);
  });

  it('asks again with the same key when the answer is lost', async () => {
    const backend = new Backend(['unreachable', 'unreachable']);
    await submitterFor(backend).send(original, modelAndParams, callbacks);
    expect(backend.asked).toEqual(['ticket', 'put', 'job', 'job', 'job']);
    expect(new Set(backend.keys).size).toBe(1);
  });

  it('finds the job that an earlier try made', async () => {
    const backend = new Backend(['conflict']);
    expect(await submitterFor(backend).send(original, modelAndParams, callbacks)).toBe(made);
    expect(backend.asked).toEqual(['ticket', 'put', 'job', 'look']);
  });

  it.each(['rate_limited', 'quota_exceeded', 'service_unavailable'] as const)(
    'does not send the image again after %s',
    async (kind) => {
      const backend = new Backend([kind]);
      const submitter = submitterFor(backend);
      await expect(submitter.send(original, modelAndParams, callbacks)).rejects.toMatchObject({ kind });
      await submitter.send(original, modelAndParams, callbacks);
      expect(backend.asked).toEqual(['ticket', 'put', 'job', 'job']);
      expect(new Set(backend.keys).size).toBe(2);
    },
  );

  it('sends the image again after it was refused', async () => {
    const backend = new Backend(['unsupported_media_type']);
    const submitter = submitterFor(backend);
    await expect(submitter.send(original, modelAndParams, callbacks)).rejects.toMatchObject({ kind: 'unsupported_media_type' });
    await submitter.send(original, modelAndParams, callbacks);
    expect(backend.asked).toEqual(['ticket', 'put', 'job', 'ticket', 'put', 'job']);
  });

  it('does not trust an upload whose time is nearly over', async () => {
    const backend = new Backend(['rate_limited']);
    backend.expiresAt = new Date(Date.now() + 1000).toISOString();
    const submitter = submitterFor(backend);
    await expect(submitter.send(original, modelAndParams, callbacks)).rejects.toThrow();
    await submitter.send(original, modelAndParams, callbacks);
    expect(backend.asked.filter((what) => what === 'put')).toHaveLength(2);
  });
});
