import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Api } from './client.ts';
import { pollInterval } from './polling.ts';
import { hasEnded } from './types.ts';

const RUNNING_REFETCH_INTERVAL = 10_000;

/** The page's server state. Queries are paused in hidden tabs and while offline. */
export function createQueries(api: Api) {
  return {
    models: queryOptions({ queryKey: ['models'], queryFn: api.models, staleTime: Infinity }),
    usage: queryOptions({ queryKey: ['usage'], queryFn: api.usage, staleTime: 30_000 }),
    history: infiniteQueryOptions({
      queryKey: ['history'],
      queryFn: ({ pageParam }) => api.jobs(pageParam),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.nextCursor,
      refetchInterval: ({ state }) =>
        state.data?.pages.some((page) => page.jobs.some((job) => !hasEnded(job))) ? RUNNING_REFETCH_INTERVAL : false,
    }),
    job: (id: string) =>
      queryOptions({
        queryKey: ['job', id],
        // No long polling: a change between two requests would be reported only with the next change.
        queryFn: ({ signal }) => api.job(id, signal),
        refetchInterval: ({ state }) => pollInterval(state),
        retry: false,
        staleTime: 0,
      }),
  };
}

export type Queries = ReturnType<typeof createQueries>;
