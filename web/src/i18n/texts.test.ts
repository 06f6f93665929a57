import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import { Problem, type ProblemKind } from '../api/problem.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { explain } from './explain.ts';
import { formatIn } from './format.ts';
import { preferredLanguage, regionOf } from './language.ts';

type Tree = { [key: string]: string | Tree };
const leaves = (tree: Tree, path = ''): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : leaves(value, `${path}${key}.`),
  );
const english = new Map(leaves(en));
const german = new Map(leaves(de));
const gaps = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

describe('both languages', () => {
  it('have the same keys', () => {
    expect([...german.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it.each([...english])('have the same placeholders in %s', (key, text) => {
    expect(gaps(german.get(key) ?? '')).toEqual(gaps(text));
  });

  it('have no empty text, and German addresses people as Sie', () => {
    expect([...english, ...german].filter(([, text]) => text.trim() === '')).toEqual([]);
    expect([...german].filter(([, text]) => /\b([Dd]u|[Dd]ein\w*|[Dd]ir|[Dd]ich)\b/.test(text))).toEqual([]);
  });
});

it('the texts use the vocabulary of CONTRIBUTING.md', () => {
  const banned = /\b(pictures?|whoever|nobody|somebody)\b/i;
  expect([...english].filter(([, text]) => banned.test(text))).toEqual([]);
});

describe('the language', () => {
  it('is the chosen one, or else the browser’s first supported one', () => {
    expect(preferredLanguage('en', ['de-DE'])).toBe('en');
    expect(preferredLanguage(null, ['fr-FR', 'de-CH', 'en'])).toBe('de');
    expect(preferredLanguage('xx', [])).toBe('en');
  });

  it('is formatted for the browser’s region', () => {
    expect(regionOf('en', ['de-DE', 'en-GB'])).toBe('en-GB');
    expect(regionOf('de', ['en-GB'])).toBe('de');
  });
});

describe('sizes and times', () => {
  it('are formatted in each language', () => {
    expect(formatIn('en').bytes(10_485_760)).toBe('10 MB');
    expect(formatIn('de').bytes(1_572_864)).toBe('1,5 MB');
    expect(formatIn('en').bytes(20_480)).toBe('20 kB');
    expect(formatIn('de').percent(0.5).replace(/\s/, ' ')).toBe('50 %');
  });

  it('distinguish a size just above its limit from the limit', () => {
    expect(formatIn('en').bytesBeside(10_485_761, 10_485_760)).toBe('10,485,761 bytes');
    expect(formatIn('en').bytesBeside(20_971_520, 10_485_760)).toBe('20 MB');
  });

  it('are relative in their largest unit', () => {
    const now = new Date('2026-11-22T12:00:00Z');
    const after = (seconds: number) => formatIn('en').when(new Date(now.getTime() + seconds * 1000), now);
    expect([30, 90, 7200, 30 * 86_400].map(after)).toEqual(['in 1 minute', 'in 2 minutes', 'in 2 hours', 'in 30 days']);
  });

  it('are never zero', () => {
    const now = new Date('2026-11-22T12:00:00Z');
    const after = (seconds: number) => formatIn('en').when(new Date(now.getTime() + seconds * 1000), now);
    expect([0, 1, 29, -1, -29].map(after)).toEqual(['in 1 minute', 'in 1 minute', 'in 1 minute', '1 minute ago', '1 minute ago']);
  });
});

describe('a problem is explained', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  const said = (problem: Problem) => explain(problem, i18next.t, formatIn('en'), now);
  beforeAll(async () => {
    await i18next.init({ lng: 'en', showSupportNotice: false, resources: { en: { translation: en } } });
  });

  it.each(Object.keys(en.problem.title) as ProblemKind[])('with title, text and next step: %s', (kind) => {
    const { title, text, next } = said(new Problem({ kind }));
    for (const words of [title, text, next]) expect(words).toMatch(/^[A-Z].*\w/);
  });

  it('with the limit and the actual value', () => {
    const details = { size: 12_582_912, maxBytes: 10_485_760 };
    expect(said(new Problem({ kind: 'payload_too_large', details })).text).toBe('The file is 12 MB; the limit is 10 MB.');
  });

  it('with the time to wait', () => {
    expect(said(new Problem({ kind: 'rate_limited', retryAfter: 42 })).next).toBe('Try again in 42 seconds.');
    expect(said(new Problem({ kind: 'rate_limited', retryAfter: 1 })).next).toBe('Try again in 1 second.');
    const details = { resetAt: '2026-11-22T17:00:00.000Z' };
    expect(said(new Problem({ kind: 'quota_exceeded', details })).next).toMatch(/^Try again in 5 hours \(/);
    expect(said(new Problem({ kind: 'service_unavailable', retryAfter: 7200 })).next).toMatch(/^Try again in 2 hours/);
  });

  it('with the server’s message if the page has no text', () => {
    const message = 'The upload was declared as image/png, but its content is image/gif.';
    expect(said(new Problem({ kind: 'unsupported_media_type', message })).text).toBe(message);
  });
});
