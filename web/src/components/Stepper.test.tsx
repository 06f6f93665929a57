import { screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { show } from '../testing/page.tsx';
import { Stepper } from './Stepper.tsx';
import { STEPS, type Step } from './steps.ts';

const steps = () => within(screen.getByRole('list', { name: 'Steps' })).getAllByRole('listitem');
const spoken = () => steps().map((step) => step.textContent);

it.each<[Step, string[]]>([
  ['upload', ['Uploading (now)', 'In the queue (to come)', 'Enhancing (to come)', 'Saving (to come)']],
  ['queued', ['Uploaded (done)', 'In the queue (now)', 'Enhancing (to come)', 'Saving (to come)']],
  ['enhancing', ['Uploaded (done)', 'In the queue (done)', 'Enhancing (now)', 'Saving (to come)']],
  ['saving', ['Uploaded (done)', 'In the queue (done)', 'Enhancing (done)', 'Saving (now)']],
])('tells at %s what is done, what is going on and what is to come', async (now, said) => {
  await show(<Stepper now={now} />);
  expect(spoken()).toEqual(said);
  expect(steps().map((step) => step.getAttribute('aria-current'))).toEqual(
    STEPS.map((step) => (step === now ? 'step' : null)),
  );
});

it('tells it in German', async () => {
  await show(<Stepper now="queued" />, { language: 'de' });
  expect(within(screen.getByRole('list', { name: 'Schritte' })).getAllByRole('listitem').map((step) => step.textContent)).toEqual([
    'Hochgeladen (erledigt)',
    'In der Warteschlange (läuft)',
    'Wird verbessert (folgt)',
    'Wird gespeichert (folgt)',
  ]);
});
