import { Problem, problemOf, secondsOf } from './problem.ts';
import type { EnhancementModel, Job, JobPage, ModelAndParams, Share, Upload, Usage } from './types.ts';

export type ApiResponse<T> = { data: T; retryAfter: number | null };
type Options = { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal | undefined };
export type JobRequest = ({ uploadId: string; filename: string } | { fromJobId: string }) & ModelAndParams;

/** Client of the installation's HTTP API. Every method throws Problem. */
export class Api {
  constructor(
    private readonly language: () => string,
    private readonly send: typeof fetch = (...request) => fetch(...request),
  ) {}

  models = async (): Promise<EnhancementModel[]> =>
    (await this.request<{ models: EnhancementModel[] }>('GET', '/api/ai-image/models')).data.models;

  usage = async (): Promise<Usage> => (await this.request<Usage>('GET', '/api/ai-image/usage')).data;

  jobs = async (cursor: string | null): Promise<JobPage> => {
    const query = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    return (await this.request<JobPage>('GET', `/api/ai-image/jobs?limit=12${query}`)).data;
  };

  /** Revalidated by the browser's cache: an unchanged job costs only a 304. */
  job = (id: string, signal?: AbortSignal): Promise<ApiResponse<Job>> => this.request('GET', jobPath(id), { signal });

  requestUpload = async (file: { name: string; type: string; size: number }, signal: AbortSignal): Promise<Upload> => {
    const body = { filename: file.name, contentType: file.type, size: file.size };
    return (await this.request<Upload>('POST', '/api/ai-image/uploads', { body, signal })).data;
  };

  createJob = (body: JobRequest, key: string): Promise<ApiResponse<Job>> =>
    this.request('POST', '/api/ai-image/jobs', { body, headers: { 'idempotency-key': key } });

  cancelJob = (id: string): Promise<ApiResponse<Job>> => this.request('POST', `${jobPath(id)}/cancel`);

  deleteJob = async (id: string): Promise<void> => void (await this.request('DELETE', jobPath(id)));

  shareJob = async (id: string, expiresIn: number): Promise<Share> =>
    (await this.request<Share>('POST', `${jobPath(id)}/share`, { body: { expiresIn } })).data;

  signIn = async (token: string): Promise<void> =>
    void (await this.request('POST', '/api/session', { headers: { authorization: `Bearer ${token}` } }));

  signOut = async (): Promise<void> => void (await this.request('DELETE', '/api/session'));

  private async request<T>(method: string, path: string, { body, headers, signal }: Options = {}): Promise<ApiResponse<T>> {
    const request: RequestInit & { headers: Record<string, string> } = {
      method,
      headers: { 'accept-language': this.language(), ...headers },
    };
    if (body !== undefined) {
      request.headers['content-type'] = 'application/json';
      request.body = JSON.stringify(body);
    }
    if (signal) request.signal = signal;
    const response = await this.fetch(path, request);
    const content: unknown = await response.json().catch(() => null);
    if (!response.ok || !isSuccess<T>(content)) throw problemOf(response.status, response.headers, content);
    return { data: content.data, retryAfter: secondsOf(response.headers.get('retry-after')) };
  }

  private async fetch(path: string, request: RequestInit): Promise<Response> {
    try {
      return await this.send(path, request);
    } catch (error) {
      if (request.signal?.aborted) throw error;
      throw new Problem({ kind: 'unreachable' });
    }
  }
}

function jobPath(id: string): string {
  return `/api/ai-image/jobs/${encodeURIComponent(id)}`;
}

function isSuccess<T>(content: unknown): content is { data: T } {
  return (content as { success?: unknown } | null)?.success === true;
}
