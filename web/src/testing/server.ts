import type { Refused } from './contract.ts';

export type Asked = { method: string; path: string; headers: Headers; body: unknown };
type Headings = Record<string, string>;

/** An answer of the API: its document in the envelope. */
export function ok(data: unknown, headers: Headings = {}, status = 200): () => Promise<Response> {
  return async () => Response.json({ success: true, data }, { status, headers });
}

export function no(status: number, { error }: Refused, headers: Headings = {}): () => Promise<Response> {
  return async () => Response.json({ success: false, error }, { status, headers });
}

export const cutOff = () => Promise.reject(new TypeError('Failed to fetch'));
/** The answer that does not come. */
export const never = () => new Promise<Response>(() => undefined);

/**
 * Stands in for the network: answers each `METHOD /path` with the next of what it was given, the last one for good, and
 * remembers what it was asked. What it has no answer for is kept in `unknown`, where the end of each test looks.
 */
export class Server {
  readonly asked: Asked[] = [];
  readonly unknown: string[] = [];
  private readonly answers = new Map<string, (() => Promise<Response>)[]>();

  on(request: string, ...answers: (() => Promise<Response>)[]): this {
    this.answers.set(request, answers);
    return this;
  }

  fetch = async (to: RequestInfo | URL, { method = 'GET', headers, body }: RequestInit = {}): Promise<Response> => {
    const path = String(to);
    const sent: unknown = typeof body === 'string' && body.startsWith('{') ? JSON.parse(body) : body;
    this.asked.push({ method, path, headers: new Headers(headers), body: sent });
    const known = this.answers.get(`${method} ${path}`) ?? this.answers.get(`${method} ${path.replace(/\?.*/, '')}`);
    const [answer] = known ?? [];
    if (!known || !answer) {
      this.unknown.push(`${method} ${path}`);
      return cutOff();
    }
    if (known.length > 1) known.shift();
    return answer();
  };

  /** What was asked of one route. */
  to(request: string): Asked[] {
    return this.asked.filter(({ method, path }) => `${method} ${path}` === request);
  }
}
