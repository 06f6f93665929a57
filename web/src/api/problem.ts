import type { ErrorType, Usage } from './types.ts';

/** The API's own types, and what happens before the API could say anything. */
export type ProblemKind = ErrorType | 'unreachable' | 'headers_too_large' | 'upload_refused';

type Facts = {
  kind: ProblemKind;
  status?: number;
  message?: string;
  details?: Record<string, unknown>;
  requestId?: string | null;
  retryAfter?: number | null;
};

/** Why something did not work: `message` is the server's own sentence in the page's language, or empty. */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly status: number;
  readonly details: Record<string, unknown>;
  readonly requestId: string | null;
  /** Seconds. */
  readonly retryAfter: number | null;

  constructor({ kind, status = 0, message = '', details = {}, requestId = null, retryAfter = null }: Facts) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.details = details;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }
}

/** The problem behind any error; anything that is not a Problem is a bug and counts as an internal error. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem({ kind: 'internal_error' });
}

/** A problem to show beside the usage: null when the usage already says that the quota is used up. */
export function problemBesideUsage(problem: Problem | null, usage: Usage | undefined): Problem | null {
  return problem?.kind === 'quota_exceeded' && usage?.usage.remaining === 0 ? null : problem;
}

const GATEWAY: Record<number, ProblemKind> = {
  403: 'forbidden',
  404: 'not_found',
  413: 'payload_too_large',
  429: 'rate_limited',
  431: 'headers_too_large',
  503: 'service_unavailable',
};

/** The problem that an answer tells: ours by its type, the gateway's `{message}` or anything else by its status. */
export function problemOf(status: number, headers: Headers, body: unknown): Problem {
  const requestId = headers.get('x-request-id') ?? headers.get('apigw-requestid'); // the same, where the gateway answers
  const common = { status, requestId, retryAfter: secondsOf(headers.get('retry-after')) };
  const error = isFailure(body) ? body.error : null;
  if (error) return new Problem({ ...common, kind: error.type, message: error.message, details: error.details ?? {} });
  return new Problem({ ...common, kind: GATEWAY[status] ?? 'internal_error' });
}

/** `Retry-After` as this API sends it: whole seconds. */
export function secondsOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

type Failure = { error: { type: ErrorType; message: string; details?: Record<string, unknown> } };

function isFailure(body: unknown): body is Failure {
  const error = (body as Partial<Failure> | null)?.error;
  return typeof error?.type === 'string' && typeof error.message === 'string';
}
