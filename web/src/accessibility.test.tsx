import { act, screen } from '@testing-library/react';
import axe from 'axe-core';
import type { ReactElement } from 'react';
import { expect, it, vi } from 'vitest';
import { App } from './App.tsx';
import { DeleteDialog } from './components/DeleteDialog.tsx';
import { ErrorBoundary } from './components/ErrorBoundary.tsx';
import { History } from './components/History.tsx';
import { ShareDialog } from './components/ShareDialog.tsx';
import { ZoomDialog } from './components/ZoomDialog.tsx';
import type { Language } from './i18n/language.ts';
import { canceled, failed, problem, queued, running, succeeded, usedUp } from './testing/contract.ts';
import { ISSUER, JOB, original, server, renderComponent, renderPage } from './testing/page.tsx';
import { ok } from './testing/server.ts';
import { FailedView } from './views/FailedView.tsx';
import { OpeningView } from './views/OpeningView.tsx';
import { PlanView } from './views/PlanView.tsx';
import { ProgressView } from './views/ProgressView.tsx';
import { ResultView } from './views/ResultView.tsx';
import { StartView } from './views/StartView.tsx';
import { UnavailableView } from './views/UnavailableView.tsx';

/** The rules of tests/e2e/axe.py, without those that need a layout or a whole page. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const LAYOUT = ['color-contrast', 'target-size'];
const WHOLE_PAGE = ['region', 'landmark-one-main', 'page-has-heading-one', 'bypass', 'document-title'];

async function violations(without: string[]): Promise<string[]> {
  // Check collapsed parts too.
  for (const details of document.querySelectorAll('details')) details.open = true;
  const rules = Object.fromEntries([...LAYOUT, ...without].map((rule) => [rule, { enabled: false }]));
  const { violations: found } = await axe.run(document, { runOnly: TAGS, rules });
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

const nothing = () => undefined;
const under = { original: null, previous: null };
const options = { goal: 'faces', model: 'sczhou/codeformer', params: {} } as const;
const start = { reading: false, rejection: null, dragging: false };
const size = { width: 320, height: 213 };

const VIEWS: [string, ReactElement][] = [
  ['the start', <StartView {...start} />],
  ['a file that can’t be used', <StartView {...start} rejection={{ reason: 'empty', name: 'cat.jpg' }} />],
  ['the plan', <PlanView original={original()} options={null} problem={null} onStart={nothing} />],
  ['the plan with sliders', <PlanView original={original()} options={options} problem={null} onStart={nothing} />],
  ['a refused start', <PlanView original={original()} options={null} problem={problem('rate_limited', 429)} onStart={nothing} />],
  ['opening', <OpeningView id={JOB} />],
  ['an upload', <ProgressView flow={{ at: 'submitting', original: original(), options, progress: 0.5, uploaded: false }} onAbort={nothing} />],
  ['a queued job', <ProgressView flow={{ at: 'running', job: queued({ waitingFor: 'place' }), ...under }} onAbort={nothing} />],
  ['a running job', <ProgressView flow={{ at: 'running', job: running({ percent: 40, cancelRequested: true }), ...under }} onAbort={nothing} />],
  ['a result', <ResultView job={succeeded()} originalSize={size} decoded />],
  ['a result alone', <ResultView job={succeeded({ originalUrl: null, report: null })} originalSize={null} decoded />],
  ['a failed job', <FailedView job={failed()} />],
  ['a cancelled job', <FailedView job={canceled()} />],
  ['a missing job', <UnavailableView reason="unknown" />],
  ['the question before deleting', <DeleteDialog id={JOB} shown onClose={nothing} />],
  ['sharing', <ShareDialog id={JOB} onClose={nothing} />],
  ['the close-up', <ZoomDialog before="/before.jpg" preview="/preview.webp" full="/full.png" onClose={nothing} />],
  ['earlier images', <History shown={JOB} />],
];

const jobs = ok({ jobs: [succeeded(), failed({ id: 'j2222222222222222222222222' })], nextCursor: 'next' });
const settled = () => act(() => new Promise<void>((done) => setTimeout(done, 20)));

it.each(VIEWS)('axe finds nothing wrong with %s', async (_, view) => {
  await renderComponent(view, { server: server().on('GET /api/ai-image/jobs', jobs) });
  await settled();
  expect(await violations(WHOLE_PAGE)).toEqual([]);
});

it.each<Language>(['en', 'de'])('axe finds no violation in the whole page in %s, which declares its language', async (language) => {
  const from = server().on('GET /api/ai-image/jobs', jobs).on('GET /api/ai-image/usage', ok(usedUp()));
  const installation = { oidc: ISSUER, privacyUrl: 'https://operator.example.com/privacy' };
  await renderPage(<App signInFailed />, { language, server: from, installation });
  await settled();
  expect(await violations([])).toEqual([]);
  expect(document.documentElement.lang).toBe(language);
});

it('axe finds no violation in the error page', async () => {
  vi.spyOn(console, 'error').mockImplementation(nothing); // React logs caught errors
  const Thrower = (): ReactElement => {
    throw new Error('a view that throws');
  };
  await renderComponent(
    <ErrorBoundary>
      <Thrower />
    </ErrorBoundary>,
  );
  expect(await violations(WHOLE_PAGE)).toEqual([]);
});

it('axe finds an image without alt text, a button without a name and a label without a control', async () => {
  await renderComponent(
    <>
      {/* eslint-disable-next-line jsx-a11y/alt-text */}
      <img src="/cat.jpg" />
      <button type="button" />
      <input type="text" />
    </>,
  );
  expect(screen.getByRole('button')).toBeDefined();
  expect((await violations(WHOLE_PAGE)).map((found) => found.split(':')[0])).toEqual(['button-name', 'image-alt', 'label']);
});
