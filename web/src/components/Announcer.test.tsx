import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { Flow } from '../flow/machine.ts';
import { canceled, failed, queued, running, succeeded } from '../testing/contract.ts';
import { original, renderComponent } from '../testing/page.tsx';
import { Announcer } from './Announcer.tsx';

const cat = original();
const options = { goal: 'enlarge', model: 'nightmareai/real-esrgan', params: {} } as const;
const under = { original: null, previous: null };
const said = () => document.querySelector('[aria-live=polite].visually-hidden')?.textContent;

const STAGES: [string, Flow, string][] = [
  ['reading', { at: 'reading', file: cat.file }, 'Checking the image…'],
  ['plan', { at: 'plan', original: cat, options: null, problem: null }, 'Ready to enhance'],
  ['upload', { at: 'submitting', original: cat, options, progress: 0.5, uploaded: false }, 'Uploading'],
  ['making the job', { at: 'submitting', original: cat, options, progress: 1, uploaded: true }, 'In the queue'],
  ['opening', { at: 'opening', id: 'j' }, 'Opening the image'],
  ['queue', { at: 'running', job: queued(), ...under }, 'In the queue'],
  ['start of the model', { at: 'running', job: running({ stage: 'starting' }), ...under }, 'Enhancing'],
  ['model', { at: 'running', job: running(), ...under }, 'Enhancing'],
  ['saving', { at: 'running', job: running({ stage: 'saving' }), ...under }, 'Saving'],
  ['decoding', { at: 'decoding', job: succeeded(), ...under }, 'Saving'],
  ['result', { at: 'result', job: succeeded(), originalSize: null, decoded: true }, 'Your result'],
  ['failure', { at: 'failed', job: failed() }, 'Enhancement failed'],
  ['cancelling', { at: 'failed', job: canceled() }, 'Cancelled'],
  ['missing job', { at: 'unavailable', id: 'j', reason: 'unknown' }, 'This image is not available'],
];

it.each(STAGES)('announces the %s to screen readers and in the document title', async (_, flow, words) => {
  await renderComponent(<Announcer flow={flow} />);
  expect(said()).toBe(words);
  expect(document.title).toBe(`${words} – Image Enhancer`);
});

it('announces nothing at the start', async () => {
  await renderComponent(<Announcer flow={{ at: 'start', rejection: null }} />);
  expect(said()).toBe('');
  expect(document.title).toBe('Image Enhancer');
});

it('keeps its live region, because screen readers observe the element', async () => {
  const [, first] = STAGES[2] ?? [];
  const [, second] = STAGES[5] ?? [];
  if (!first || !second) throw new Error('no stages');
  const { rerender } = await renderComponent(<Announcer flow={first} />);
  const place = screen.getAllByRole('status').find(({ textContent }) => textContent === 'Uploading');
  rerender(<Announcer flow={second} />);
  expect(place?.isConnected).toBe(true);
  expect(place?.textContent).toBe('In the queue');
  expect(place?.getAttribute('aria-live')).toBe('polite');
});

it('speaks German', async () => {
  await renderComponent(<Announcer flow={{ at: 'running', job: queued(), ...under }} />, { language: 'de' });
  expect(said()).toBe('In der Warteschlange');
  expect(document.title).toBe('In der Warteschlange – Image Enhancer');
});
