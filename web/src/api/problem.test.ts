import { describe, expect, it } from 'vitest';
import { Api } from './client.ts';
import { Problem, problemOf, secondsOf } from './problem.ts';
import { isStored } from './uploadFile.ts';

describe('a problem', () => {
  it('is read from the error body', () => {
    const headers = new Headers({ 'x-request-id': 'r1', 'retry-after': '42' });
    const error = { type: 'quota_exceeded', message: 'You have used 20.', details: { used: 20, limit: 20 } };
    expect(problemOf(429, headers, { success: false, error })).toMatchObject({
      kind: 'quota_exceeded',
      status: 429,
      message: 'You have used 20.',
      details: { used: 20, limit: 20 },
      requestId: 'r1',
      retryAfter: 42,
    });
  });

  it.each([
    [413, 'payload_too_large'],
    [429, 'rate_limited'],
    [431, 'headers_too_large'],
    [500, 'internal_error'],
    [502, 'internal_error'],
    [503, 'service_unavailable'],
    [404, 'not_found'],
  ])('from the gateway with status %i is %s', (status, kind) => {
    const headers = new Headers({ 'apigw-requestid': 'g1' });
    const told = { kind, message: '', requestId: 'g1' };
    expect(problemOf(status, headers, { message: 'Too Many Requests' })).toMatchObject(told);
    expect(problemOf(status, new Headers(), null)).toMatchObject({ kind, status });
  });

  it('accepts only whole seconds in Retry-After', () => {
    expect(secondsOf('7')).toBe(7);
    expect([secondsOf(null), secondsOf('soon'), secondsOf('Wed, 21 Oct 2026 07:28:00 GMT')]).toEqual([null, null, null]);
  });
});

describe('the API', () => {
  const answering = (answer: () => Promise<Response>) => new Api(() => 'de', answer);

  it('sends the page’s language and returns Retry-After', async () => {
    const requests: RequestInit[] = [];
    const api = new Api(
      () => 'de',
      async (_, request) => {
        requests.push(request ?? {});
        return Response.json({ success: true, data: { id: 'j' } }, { headers: { 'retry-after': '2' } });
      },
    );
    expect(await api.job('j')).toEqual({ data: { id: 'j' }, retryAfter: 2 });
    expect(requests[0]?.headers).toMatchObject({ 'accept-language': 'de' });
  });

  it('distinguishes a lost connection from a response', async () => {
    const api = answering(() => Promise.reject(new TypeError('Failed to fetch')));
    await expect(api.usage()).rejects.toMatchObject({ kind: 'unreachable', status: 0 });
  });

  it('rejects an HTML page as a response', async () => {
    const api = answering(async () => new Response('<html>', { status: 200 }));
    await expect(api.usage()).rejects.toBeInstanceOf(Problem);
  });
});

it('treats a repeated upload as stored', () => {
  expect([200, 204, 412].map(isStored)).toEqual([true, true, true]);
  expect([0, 400, 403, 500].map(isStored)).toEqual([false, false, false, false]);
});
