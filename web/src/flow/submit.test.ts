import { describe, expect, it } from 'vitest';
import { Problem, type ProblemKind } from '../api/problem.ts';
import type { Job, Upload } from '../api/types.ts';
import type { Original } from '../image/read.ts';
import { JobSubmitter } from './submit.ts';

const file = new File(['x'], 'cat.jpg');
const original: Original = { file, name: 'cat.jpg', type: 'image/jpeg', width: 4, height: 4, url: 'blob:1' };
const modelAndParams = { model: 'a/b', params: { scale: 2 } };
const made = { id: 'u1', status: 'queued' } as Job;

/** A fake server and bucket that record their calls; the `refusals` are returned first, one per request. */
class Backend {
  readonly calls: string[] = [];
  readonly keys: string[] = [];
  expiresAt = new Date(Date.now() + 600_000).toISOString();
  constructor(private readonly refusals: ProblemKind[] = []) {}

  requestUpload = async () => {
    this.calls.push('requestUpload');
    return { uploadId: 'u1', expiresAt: this.expiresAt } as Upload;
  };
  createJob = async (_: unknown, key: string) => {
    this.calls.push('job');
    this.keys.push(key);
    const kind = this.refusals.shift();
    if (kind) throw new Problem({ kind });
    return { data: made, retryAfter: 2 };
  };
  job = async () => {
    this.calls.push('getJob');
    return { data: made, retryAfter: 2 };
  };
  put = async () => {
    this.calls.push('upload');
  };
}

const callbacks = { onProgress: () => undefined, onUploaded: () => undefined, signal: new AbortController().signal };
const submitterFor = (backend: Backend) => new JobSubmitter(backend, backend.put, async () => undefined);

describe('submitting', () => {
  it('requests an upload, sends the file, creates the job', async () => {
    const backend = new Backend();
    expect(await submitterFor(backend).send(original, modelAndParams, callbacks)).toBe(made);
    expect(backend.calls).toEqual(['requestUpload', 'upload', 'job']);
  });

  it('retries with the same key when the response is lost', async () => {
    const backend = new Backend(['unreachable', 'unreachable']);
    await submitterFor(backend).send(original, modelAndParams, callbacks);
    expect(backend.calls).toEqual(['requestUpload', 'upload', 'job', 'job', 'job']);
    expect(new Set(backend.keys).size).toBe(1);
  });

  it('finds the job that an earlier attempt created', async () => {
    const backend = new Backend(['conflict']);
    expect(await submitterFor(backend).send(original, modelAndParams, callbacks)).toBe(made);
    expect(backend.calls).toEqual(['requestUpload', 'upload', 'job', 'getJob']);
  });

  it.each(['rate_limited', 'quota_exceeded', 'service_unavailable'] as const)(
    'does not send the image again after %s',
    async (kind) => {
      const backend = new Backend([kind]);
      const submitter = submitterFor(backend);
      await expect(submitter.send(original, modelAndParams, callbacks)).rejects.toMatchObject({ kind });
      await submitter.send(original, modelAndParams, callbacks);
      expect(backend.calls).toEqual(['requestUpload', 'upload', 'job', 'job']);
      expect(new Set(backend.keys).size).toBe(2);
    },
  );

  it('uploads the image again after it was rejected', async () => {
    const backend = new Backend(['unsupported_media_type']);
    const submitter = submitterFor(backend);
    await expect(submitter.send(original, modelAndParams, callbacks)).rejects.toMatchObject({ kind: 'unsupported_media_type' });
    await submitter.send(original, modelAndParams, callbacks);
    expect(backend.calls).toEqual(['requestUpload', 'upload', 'job', 'requestUpload', 'upload', 'job']);
  });

  it('does not reuse an upload that is about to expire', async () => {
    const backend = new Backend(['rate_limited']);
    backend.expiresAt = new Date(Date.now() + 1000).toISOString();
    const submitter = submitterFor(backend);
    await expect(submitter.send(original, modelAndParams, callbacks)).rejects.toThrow();
    await submitter.send(original, modelAndParams, callbacks);
    expect(backend.calls.filter((what) => what === 'upload')).toHaveLength(2);
  });
});
