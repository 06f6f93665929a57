import type { Refused } from './contract.ts';

export type RecordedRequest = { method: string; path: string; headers: Headers; body: unknown };
type HeaderMap = Record<string, string>;

/** A successful API response. */
export function ok(data: unknown, headers: HeaderMap = {}, status = 200): () => Promise<Response> {
  return async () => Response.json({ success: true, data }, { status, headers });
}

export function no(status: number, { error }: Refused, headers: HeaderMap = {}): () => Promise<Response> {
  return async () => Response.json({ success: false, error }, { status, headers });
}

export const networkError = () => Promise.reject(new TypeError('Failed to fetch'));
/** A response that never arrives. */
export const noResponse = () => new Promise<Response>(() => undefined);

/**
 * A fake server: returns for each `METHOD /path` the next of its responses, the last one repeatedly, and records all
 * requests. Requests without a response are recorded in `unexpected`, which is checked after each test.
 */
export class Server {
  readonly requests: RecordedRequest[] = [];
  readonly unexpected: string[] = [];
  private readonly answers = new Map<string, (() => Promise<Response>)[]>();

  on(request: string, ...answers: (() => Promise<Response>)[]): this {
    this.answers.set(request, answers);
    return this;
  }

  fetch = async (to: RequestInfo | URL, { method = 'GET', headers, body }: RequestInit = {}): Promise<Response> => {
    const path = String(to);
    const sent: unknown = typeof body === 'string' && body.startsWith('{') ? JSON.parse(body) : body;
    this.requests.push({ method, path, headers: new Headers(headers), body: sent });
    const known = this.answers.get(`${method} ${path}`) ?? this.answers.get(`${method} ${path.replace(/\?.*/, '')}`);
    const [answer] = known ?? [];
    if (!known || !answer) {
      this.unexpected.push(`${method} ${path}`);
      return networkError();
    }
    if (known.length > 1) known.shift();
    return answer();
  };

  /** The requests to one route. */
  requestsTo(request: string): RecordedRequest[] {
    return this.requests.filter(({ method, path }) => `${method} ${path}` === request);
  }
}
