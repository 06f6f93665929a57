import { useEffect } from 'react';
import { jobIdOf, type Flow, type FlowEvent } from './machine.ts';

/** Returns the job id in a URL's query, `/?job=<id>`. */
export function jobIdFromUrl(search: string): string | null {
  return new URLSearchParams(search).get('job');
}

export function urlOf(id: string | null): string {
  return id === null ? '/' : `/?job=${encodeURIComponent(id)}`;
}

/** Synchronizes URL and state in both directions, so that reload, a second tab and the back button work. */
export function useJobUrl(flow: Flow, dispatch: (event: FlowEvent) => void): void {
  const id = jobIdOf(flow);
  useEffect(() => {
    if (jobIdFromUrl(location.search) !== id) history.pushState(null, '', urlOf(id));
  }, [id]);
  useEffect(() => {
    const onPop = () => dispatch({ type: 'urlChanged', id: jobIdFromUrl(location.search) });
    addEventListener('popstate', onPop);
    return () => removeEventListener('popstate', onPop);
  }, [dispatch]);
}
