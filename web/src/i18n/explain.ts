import type { TFunction } from 'i18next';
import type { Problem, ProblemKind } from '../api/problem.ts';
import type { Format } from './format.ts';

type Explanation = { title: string; text: string; next: string };

const NEXT: Record<ProblemKind, Exclude<keyof typeof import('./en.ts').en.problem.next, `wait_${string}` | 'at'>> = {
  validation_error: 'options',
  unauthorized: 'signIn',
  forbidden: 'reload',
  email_unverified: 'verify',
  not_found: 'signIn',
  method_not_allowed: 'reload',
  conflict: 'reload',
  gone: 'another',
  payload_too_large: 'smaller',
  unsupported_media_type: 'another',
  image_too_large: 'smaller',
  idempotency_mismatch: 'again',
  rate_limited: 'again',
  quota_exceeded: 'again',
  internal_error: 'again',
  provider_error: 'again',
  service_unavailable: 'again',
  unreachable: 'online',
  headers_too_large: 'cookies',
  upload_refused: 'again',
};
/** Up to so many seconds, the wait is given as a number of seconds. */
const SHORT_WAIT = 120;

/** Explains a problem in the page's language with localized numbers; falls back to the server's message. */
export function explain(problem: Problem, t: TFunction, format: Format, now: Date): Explanation {
  return {
    title: t(`problem.title.${problem.kind}`),
    text: ownText(problem, t, format) ?? (problem.message || t('problem.text.noReason')),
    next: nextStep(problem, t, format, now),
  };
}

function ownText({ kind, details }: Problem, t: TFunction, format: Format): string | null {
  const { size, maxBytes, pixels, maxPixels, used, limit, reopensAt } = details;
  if (kind === 'payload_too_large' && isNumber(size) && isNumber(maxBytes)) {
    const actual = format.bytesBeside(size, maxBytes);
    return t('problem.text.payload_too_large', { actual, limit: format.bytes(maxBytes) });
  }
  if (kind === 'image_too_large' && isNumber(pixels) && isNumber(maxPixels)) {
    const mega = (count: number) => format.number(count / 1e6, 1);
    return t('problem.text.image_too_large', { actual: mega(pixels), limit: mega(maxPixels) });
  }
  if (kind === 'quota_exceeded' && isNumber(used) && isNumber(limit)) {
    return t('problem.text.quota_exceeded', { used, limit });
  }
  if (kind === 'rate_limited' && isNumber(limit)) return t('problem.text.rate_limited', { limit });
  if (kind === 'service_unavailable' && reopensAt) return t('problem.text.dailyLimit');
  if (kind === 'unreachable' || kind === 'headers_too_large' || kind === 'upload_refused') {
    return t(`problem.text.${kind}`);
  }
  return null;
}

function nextStep({ kind, details, retryAfter }: Problem, t: TFunction, format: Format, now: Date): string {
  const opens = details.resetAt ?? details.reopensAt;
  if (typeof opens === 'string') return t('problem.next.at', { when: relativeAndAbsolute(new Date(opens), format, now) });
  if (retryAfter !== null && retryAfter <= SHORT_WAIT) return t('problem.next.wait', { count: Math.max(1, retryAfter) });
  if (retryAfter !== null) {
    return t('problem.next.at', { when: relativeAndAbsolute(new Date(now.getTime() + retryAfter * 1000), format, now) });
  }
  return t(`problem.next.${NEXT[kind]}`);
}

/** Formats a time as relative and absolute: "in 5 hours (22 Nov 2026, 14:30)". */
export function relativeAndAbsolute(time: Date, format: Format, now: Date): string {
  return `${format.when(time, now)} (${format.dateTime(time)})`;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
