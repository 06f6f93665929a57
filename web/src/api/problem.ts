import type { ErrorType, Usage } from './types.ts';

/** The API's error types, and those of failures that never reach the API. */
export type ProblemKind = ErrorType | 'unreachable' | 'headers_too_large' | 'upload_refused';

type ProblemFields = {
  kind: ProblemKind;
  status?: number;
  message?: string;
  details?: Record<string, unknown>;
  requestId?: string | null;
  retryAfter?: number | null;
};

/** An error with what the page needs to explain it. `message` is the server's text in the page's language, or empty. */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly status: number;
  readonly details: Record<string, unknown>;
  readonly requestId: string | null;
  /** Seconds. */
  readonly retryAfter: number | null;

  constructor({ kind, status = 0, message = '', details = {}, requestId = null, retryAfter = null }: ProblemFields) {
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

/** Creates the problem for a response: by the API's error type, or by the status if the body is not the API's. */
export function problemOf(status: number, headers: Headers, body: unknown): Problem {
  const requestId = headers.get('x-request-id') ?? headers.get('apigw-requestid'); // the gateway's name for it
  const common = { status, requestId, retryAfter: secondsOf(headers.get('retry-after')) };
  const error = isErrorBody(body) ? body.error : null;
  if (error) return new Problem({ ...common, kind: error.type, message: error.message, details: error.details ?? {} });
  return new Problem({ ...common, kind: GATEWAY[status] ?? 'internal_error' });
}

/** Parses a `Retry-After` header in whole seconds, the form that this API uses. */
export function secondsOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

type ErrorBody = { error: { type: ErrorType; message: string; details?: Record<string, unknown> } };

function isErrorBody(body: unknown): body is ErrorBody {
  const error = (body as Partial<ErrorBody> | null)?.error;
  return typeof error?.type === 'string' && typeof error.message === 'string';
}
