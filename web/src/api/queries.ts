import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Api } from './client.ts';
import { paceOf } from './polling.ts';
import { hasEnded } from './types.ts';

const WHILE_SOMETHING_RUNS = 10_000;

/** What the page reads from the server. Nothing is asked for in a hidden tab or without a network. */
export function queriesOf(api: Api) {
  return {
    models: queryOptions({ queryKey: ['models'], queryFn: api.models, staleTime: Infinity }),
    usage: queryOptions({ queryKey: ['usage'], queryFn: api.usage, staleTime: 30_000 }),
    history: infiniteQueryOptions({
      queryKey: ['history'],
      queryFn: ({ pageParam }) => api.jobs(pageParam),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.nextCursor,
      refetchInterval: ({ state }) =>
        state.data?.pages.some((page) => page.jobs.some((job) => !hasEnded(job))) ? WHILE_SOMETHING_RUNS : false,
    }),
    job: (id: string) =>
      queryOptions({
        queryKey: ['job', id],
        // Not held by the server: what moved between two looks would be told only with the next move.
        queryFn: ({ signal }) => api.job(id, signal),
        refetchInterval: ({ state }) => paceOf(state),
        retry: false,
        staleTime: 0,
      }),
  };
}

export type Queries = ReturnType<typeof queriesOf>;
