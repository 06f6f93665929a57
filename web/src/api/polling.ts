import { Problem } from './problem.ts';
import { hasEnded, type Job } from './types.ts';

const USUAL = 2;
const WHEN_BROKEN = 5;
const LONGEST = 60;

type Seen = { data?: { data: Job; retryAfter: number | null } | undefined; error: unknown };

/** Milliseconds until a job is asked for again, at the server's pace; false when it has ended or is gone. */
export function paceOf({ data, error }: Seen): number | false {
  if (error instanceof Problem) {
    if (isGone(error)) return false;
    return Math.min(error.retryAfter ?? WHEN_BROKEN, LONGEST) * 1000;
  }
  if (error) return WHEN_BROKEN * 1000;
  if (!data) return USUAL * 1000;
  return hasEnded(data.data) ? false : Math.max(1, data.retryAfter ?? USUAL) * 1000;
}

/** Not this person's, deleted, or past its time: asking again changes nothing. */
export function isGone(problem: Problem): boolean {
  return ['not_found', 'gone', 'unauthorized', 'forbidden'].includes(problem.kind);
}
