// A person's whole way through the API by openapi-fetch with the types that openapi-typescript made, unedited.
import createClient from 'openapi-fetch';
import type { components, paths } from './client/schema';
import { type Asked, type Call, call, delivery, file, key, MODEL, share, type Told, until } from './journey';

type Form = components['schemas']['Form'];

export async function journey(asked: Asked): Promise<Told> {
  const calls: Call[] = [];
  const recorded = {
    onResponse({ request, response, schemaPath }: { request: Request; response: Response; schemaPath: string }) {
      calls.push(call(schemaPath, request, response));
    },
  };
  const anonymous = createClient<paths>({ baseUrl: asked.url });
  const client = createClient<paths>({ baseUrl: asked.url, headers: { Authorization: `Bearer ${asked.token}` } });
  anonymous.use(recorded);
  client.use(recorded);

  await anonymous.GET('/api/health');
  await anonymous.GET('/api/openapi.json');
  await anonymous.GET('/api/docs', { parseAs: 'text' });
  await anonymous.GET('/api/docs/{file}', { params: { path: { file: 'start.js' } }, parseAs: 'text' });
  await client.GET('/api/ai-image/models');
  await client.POST('/api/session');

  const upload = async () => {
    const body = { filename: 'cat.jpg', contentType: 'image/jpeg', size: asked.image.length } as const;
    const { uploadId, url, headers, method } = had(await client.POST('/api/ai-image/uploads', { body })).data;
    const stored = await fetch(url, { method, headers, body: asked.image });
    if (!stored.ok) throw new Error(`the bucket answered ${stored.status}`);
    return uploadId;
  };
  const ended = async (id: string) => {
    const params = { path: { id }, query: { wait: 20 } };
    const ask = async () => had(await client.GET('/api/ai-image/jobs/{id}', { params })).data;
    return until(ask, (job) => job.stage === 'done');
  };

  const order = { model: MODEL, params: { scale: 2 }, filename: 'cat.jpg' };
  const slow = had(await client.POST('/api/ai-image/jobs', { body: { ...order, uploadId: await upload() } })).data;
  await client.POST('/api/ai-image/jobs/{id}/cancel', { params: { path: { id: slow.id } } });
  const uploadId = await upload();
  const params = { header: { 'Idempotency-Key': uploadId } };
  const created = had(await client.POST('/api/ai-image/jobs', { params, body: { ...order, uploadId } })).data;
  // A file is a text to openapi-typescript; openapi-fetch leaves it to its caller how a form is sent.
  const body: Form = { image: 'cat.jpg', model: MODEL, scale: '2', outputFormat: 'webp' };
  const bodySerializer = () => {
    const form = new FormData();
    for (const [name, value] of Object.entries(body)) form.append(name, name === 'image' ? file(asked) : value);
    return form;
  };
  had(await client.POST('/api/ai-image/generate', { body, bodySerializer }));
  had(await client.POST('/api/ai-image/jobs', { body, bodySerializer }));

  const done = await ended(created.id);
  const path = { key: key(done.imageUrl) };
  const shown: unknown = (await client.GET('/r2-ai/{key}', { params: { path }, parseAs: 'blob' })).data;
  if (!(shown instanceof Blob)) throw new Error('no image came');
  await client.HEAD('/r2-ai/{key}', { params: { path }, parseAs: 'blob' });
  const id = { path: { id: done.id } };
  const shared = await client.POST('/api/ai-image/jobs/{id}/share', { params: id, body: { expiresIn: 300 } });
  const query = { share: share(had(shared).data.url) };
  await anonymous.GET('/r2-ai/{key}', { params: { path, query }, parseAs: 'blob' });
  await client.GET('/api/ai-image/usage');
  const { jobs } = had(await client.GET('/api/ai-image/jobs', { params: { query: { limit: 100 } } })).data;
  await client.DELETE('/api/ai-image/jobs/{id}', { params: id });
  await client.DELETE('/api/session');

  const sent = delivery(asked);
  await anonymous.POST('/api/webhooks/replicate', {
    params: { header: { 'webhook-id': sent.id, 'webhook-timestamp': sent.timestamp } },
    headers: { 'webhook-signature': sent.signature },
    body: sent.body,
  });
  return { calls, image: shown.type, listed: jobs.length };
}

/** What came back, which must be of a success. */
function had<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}
