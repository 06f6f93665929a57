import { Problem } from './problem.ts';
import { hasEnded, type Job } from './types.ts';

const DEFAULT_SECONDS = 2;
const ERROR_SECONDS = 5;
const MAX_SECONDS = 60;

type QueryState = { data?: { data: Job; retryAfter: number | null } | undefined; error: unknown };

/** Returns the milliseconds until the next poll of a job, from Retry-After if present; false to stop polling. */
export function pollInterval({ data, error }: QueryState): number | false {
  if (error instanceof Problem) {
    if (isUnavailable(error)) return false;
    return Math.min(error.retryAfter ?? ERROR_SECONDS, MAX_SECONDS) * 1000;
  }
  if (error) return ERROR_SECONDS * 1000;
  if (!data) return DEFAULT_SECONDS * 1000;
  return hasEnded(data.data) ? false : Math.max(1, data.retryAfter ?? DEFAULT_SECONDS) * 1000;
}

/** Whether a job is not the person's, deleted or expired, so that polling is pointless. */
export function isUnavailable(problem: Problem): boolean {
  return ['not_found', 'gone', 'unauthorized', 'forbidden'].includes(problem.kind);
}
