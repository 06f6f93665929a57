import { screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderComponent } from '../testing/page.tsx';
import { Stepper } from './Stepper.tsx';
import { STEPS, type Step } from './steps.ts';

const steps = () => within(screen.getByRole('list', { name: 'Steps' })).getAllByRole('listitem');
const spoken = () => steps().map((step) => step.textContent);

it.each<[Step, string[]]>([
  ['upload', ['Uploading (in progress)', 'In the queue (pending)', 'Enhancing (pending)', 'Saving (pending)']],
  ['queued', ['Uploaded (completed)', 'In the queue (in progress)', 'Enhancing (pending)', 'Saving (pending)']],
  ['enhancing', ['Uploaded (completed)', 'In the queue (completed)', 'Enhancing (in progress)', 'Saving (pending)']],
  ['saving', ['Uploaded (completed)', 'In the queue (completed)', 'Enhancing (completed)', 'Saving (in progress)']],
])('says at %s which steps are completed, in progress and pending', async (now, said) => {
  await renderComponent(<Stepper now={now} />);
  expect(spoken()).toEqual(said);
  expect(steps().map((step) => step.getAttribute('aria-current'))).toEqual(
    STEPS.map((step) => (step === now ? 'step' : null)),
  );
});

it('speaks German', async () => {
  await renderComponent(<Stepper now="queued" />, { language: 'de' });
  expect(within(screen.getByRole('list', { name: 'Schritte' })).getAllByRole('listitem').map((step) => step.textContent)).toEqual([
    'Hochgeladen (erledigt)',
    'In der Warteschlange (läuft)',
    'Wird verbessert (steht noch aus)',
    'Wird gespeichert (steht noch aus)',
  ]);
});
