import { usePrefetchQuery } from '@tanstack/react-query';
import { useEffect, useReducer, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Toaster } from 'sonner';
import { Alert } from './components/Alert.tsx';
import { Announcer } from './components/Announcer.tsx';
import { Footer } from './components/Footer.tsx';
import { Header } from './components/Header.tsx';
import { History } from './components/History.tsx';
import { OfflineBanner } from './components/OfflineBanner.tsx';
import { DispatchProvider, useServices } from './flow/context.ts';
import { useJobPolling, useReadFile, useReleaseObjectUrl, useDecodeResult } from './flow/effects.ts';
import { next, initialFlow, viewOf, type Flow } from './flow/machine.ts';
import { useDropAndPaste } from './flow/useDropAndPaste.ts';
import { useEnhance } from './flow/useEnhance.ts';
import { urlOf, jobIdFromUrl, useJobUrl } from './flow/useJobUrl.ts';
import { FailedView } from './views/FailedView.tsx';
import { OpeningView } from './views/OpeningView.tsx';
import { PlanView } from './views/PlanView.tsx';
import { ProgressView } from './views/ProgressView.tsx';
import { ResultView } from './views/ResultView.tsx';
import { StartView } from './views/StartView.tsx';
import { UnavailableView } from './views/UnavailableView.tsx';

export function App({ signInFailed }: { signInFailed: boolean }) {
  const { t } = useTranslation();
  const [flow, dispatch] = useReducer(next, null, () => initialFlow(jobIdFromUrl(location.search)));
  const { queries } = useServices();
  usePrefetchQuery(queries.models);
  const enhance = useEnhance(dispatch);
  const dragging = useDropAndPaste(dispatch);
  useJobUrl(flow, dispatch);
  useReadFile(flow, dispatch);
  useReleaseObjectUrl(flow);
  useJobPolling(flow, dispatch);
  useDecodeResult(flow, dispatch);
  const view = viewOf(flow);
  const main = useFocusOnChange(view);
  const quiet = view === 'plan' || view === 'progress' || view === 'opening';

  return (
    <DispatchProvider value={dispatch}>
      <a className="skip" href="#main">
        {t('app.skip')}
      </a>
      <Header homeAddress={urlOf(null)} />
      <OfflineBanner />
      <main id="main" data-view={view} tabIndex={-1} ref={main}>
        {signInFailed && view === 'start' && <Alert title={t('app.signInFailed')} />}
        <View flow={flow} dragging={dragging} enhance={enhance} />
        {!quiet && <History key={view} shown={'job' in flow ? flow.job.id : null} />}
      </main>
      <Footer />
      <Announcer flow={flow} />
      <Toaster theme="system" position="bottom-center" containerAriaLabel={t('app.notifications')} />
    </DispatchProvider>
  );
}

type ViewProps = { flow: Flow; dragging: boolean; enhance: ReturnType<typeof useEnhance> };

function View({ flow, dragging, enhance }: ViewProps) {
  switch (flow.at) {
    case 'start':
    case 'reading':
      return <StartView reading={flow.at === 'reading'} rejection={flow.at === 'start' ? flow.rejection : null} dragging={dragging} />;
    case 'plan':
      return <PlanView {...flow} onStart={(options, modelAndParams) => void enhance.start(flow.original, options, modelAndParams)} />;
    case 'opening':
      return <OpeningView id={flow.id} />;
    case 'submitting':
    case 'running':
    case 'decoding':
      return <ProgressView flow={flow} onAbort={enhance.abort} />;
    case 'result':
      return <ResultView key={flow.job.id} {...flow} />;
    case 'failed':
      return <FailedView job={flow.job} />;
    case 'unavailable':
      return <UnavailableView reason={flow.reason} />;
  }
}

/** Moves the focus to the new view's heading and scrolls to the top, for keyboard and screen reader users. */
function useFocusOnChange(view: string) {
  const main = useRef<HTMLElement>(null);
  const before = useRef(view);
  useEffect(() => {
    if (before.current === view) return;
    before.current = view;
    const heading = main.current?.querySelector('h1');
    heading?.setAttribute('tabindex', '-1');
    heading?.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }, [view]);
  return main;
}
