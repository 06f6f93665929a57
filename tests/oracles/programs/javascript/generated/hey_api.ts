// A person's whole way through the API by the client that @hey-api/openapi-ts made, unedited.
import * as api from './client';
import { formDataBodySerializer } from './client/client';
import { client } from './client/client.gen';
import { type Asked, type Call, call, delivery, file, key, MODEL, share, type Told, until } from './journey';

export async function journey(asked: Asked): Promise<Told> {
  const calls: Call[] = [];
  client.setConfig({ baseUrl: asked.url, auth: (scheme) => (scheme.scheme === 'bearer' ? asked.token : undefined) });
  client.interceptors.response.use((response, request, options) => {
    calls.push(call(options.url, request, response));
    return response;
  });
  const wanted = { throwOnError: true } as const;

  await api.health(wanted);
  await api.readDescription(wanted);
  await api.readDocs(wanted);
  await api.readDocsFile({ ...wanted, path: { file: 'start.js' } });
  await api.listModels(wanted);
  await api.signIn(wanted);

  const upload = async () => {
    const body = { filename: 'cat.jpg', contentType: 'image/jpeg', size: asked.image.length } as const;
    const { uploadId, url, headers, method } = (await api.requestUpload({ ...wanted, body })).data.data;
    const stored = await fetch(url, { method, headers, body: asked.image });
    if (!stored.ok) throw new Error(`the bucket answered ${stored.status}`);
    return uploadId;
  };
  const ended = async (id: string) => {
    const ask = async () => (await api.readJob({ ...wanted, path: { id }, query: { wait: 20 } })).data.data;
    return until(ask, (job) => job.stage === 'done');
  };

  const order = { model: MODEL, params: { scale: 2 }, filename: 'cat.jpg' };
  const slow = (await api.createJob({ ...wanted, body: { ...order, uploadId: await upload() } })).data.data;
  await api.cancelJob({ ...wanted, path: { id: slow.id } });
  const uploadId = await upload();
  const headers = { 'Idempotency-Key': uploadId };
  const created = (await api.createJob({ ...wanted, headers, body: { ...order, uploadId } })).data.data;
  const form: api.Form = { image: file(asked), model: MODEL, scale: '2', outputFormat: 'webp' };
  await api.generate({ ...wanted, body: form });
  // createJob is made for JSON alone (hey-api/hey-api, issue 2311): the form goes by the client beneath it.
  await client.post({
    ...wanted,
    ...formDataBodySerializer,
    security: [{ scheme: 'bearer', type: 'http' }],
    url: '/api/ai-image/jobs',
    headers: { 'Content-Type': null },
    body: form,
  });

  const done = await ended(created.id);
  const path = { key: key(done.imageUrl) };
  const shown: unknown = (await api.readImage({ ...wanted, path })).data;
  if (!(shown instanceof Blob)) throw new Error('no image came');
  await api.headImage({ ...wanted, path });
  const link = (await api.shareJob({ ...wanted, path: { id: done.id }, body: { expiresIn: 300 } })).data.data;
  await api.readImage({ ...wanted, auth: undefined, path, query: { share: share(link.url) } });
  await api.readUsage(wanted);
  const { jobs } = (await api.listJobs({ ...wanted, query: { limit: 100 } })).data.data;
  await api.deleteJob({ ...wanted, path: { id: done.id } });
  await api.signOut(wanted);

  const { body, id, timestamp, signature } = delivery(asked);
  await api.receiveDelivery({
    ...wanted,
    auth: signature,
    headers: { 'webhook-id': id, 'webhook-timestamp': timestamp },
    body,
  });
  return { calls, image: shown.type, listed: jobs.length };
}
