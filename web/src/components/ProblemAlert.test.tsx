import { screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { Problem } from '../api/problem.ts';
import { problem } from '../testing/contract.ts';
import { renderComponent } from '../testing/page.tsx';
import { ProblemAlert } from './ProblemAlert.tsx';

const words = () => screen.getByRole('alert').textContent ?? '';
/** The list of details, by term. */
const details = () =>
  Object.fromEntries(
    screen.getAllByRole('term').map((term) => [term.textContent, term.nextElementSibling?.textContent]),
  );

describe('an exceeded quota', () => {
  it('says how much was used and when it resets', async () => {
    await renderComponent(<ProblemAlert problem={problem('quota_exceeded', 429, { 'retry-after': '86370' })} />);
    expect(words()).toContain('Quota exceeded');
    expect(words()).toContain('You have used 20 of 20 images.');
    expect(words()).toContain('Try again in 24 hours (Nov 23, 2026, 12:00 PM).');
  });

  it('says so in German', async () => {
    await renderComponent(<ProblemAlert problem={problem('quota_exceeded', 429)} />, { language: 'de' });
    expect(words()).toContain('Sie haben 20 von 20 Bildern verbraucht.');
    expect(words()).toContain('Versuchen Sie es in 24 Stunden (23.11.2026, 12:00) noch einmal.');
  });
});

it('says how long to wait after a rate limit', async () => {
  await renderComponent(<ProblemAlert problem={problem('rate_limited', 429, { 'retry-after': '42' })} />);
  expect(words()).toContain('The limit is 10 requests of this kind per minute.');
  expect(words()).toContain('Try again in 42 seconds.');
});

it('says when the daily limit resets', async () => {
  await renderComponent(<ProblemAlert problem={problem('service_unavailable', 503)} />);
  expect(words()).toContain('This site has reached its daily limit.');
  expect(words()).toContain('Try again in 12 hours (Nov 23, 2026, 12:00 AM).');
});

it('shows sizes next to their limits', async () => {
  await renderComponent(<ProblemAlert problem={problem('payload_too_large', 413)} />);
  expect(words()).toContain('The file is 11.4 MB; the limit is 10 MB.');
});

it('shows pixels next to their limit, in German numbers', async () => {
  await renderComponent(<ProblemAlert problem={problem('image_too_large', 422)} />, { language: 'de' });
  expect(words()).toContain('Das Bild hat 54 Megapixel; erlaubt sind höchstens 50.');
});

describe('the details', () => {
  it('show type, status, request id and the server’s message if the page has its own text', async () => {
    await renderComponent(<ProblemAlert problem={problem('rate_limited', 429, { 'x-request-id': 'request-1' })} />);
    expect(details()).toEqual({
      'Error type': 'rate_limited',
      Status: '429',
      'Server message': 'Rate limit of 10 requests per minute exceeded; try again in 42 s.',
      'Request ID': 'request-1',
    });
  });

  it('do not repeat the server’s message', async () => {
    await renderComponent(<ProblemAlert problem={problem('validation_error', 400)} />);
    expect(words()).toContain('scale is 9; it must be a number from 1 to 4.');
    expect(Object.keys(details())).toEqual(['Error type', 'Status']);
  });

  it('show no status and no request id without a response', async () => {
    await renderComponent(<ProblemAlert problem={new Problem({ kind: 'unreachable' })} />);
    expect(words()).toContain('The server can’t be reached. Your image is still here.');
    expect(details()).toEqual({ 'Error type': 'unreachable' });
  });

  it('are collapsed at first', async () => {
    const { user } = await renderComponent(<ProblemAlert problem={problem('not_found', 404)} />);
    const summary = screen.getByText('Details');
    const open = () => summary.closest('details')?.open;
    expect(open()).toBe(false);
    await user.click(summary);
    expect(open()).toBe(true);
  });
});
