import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef } from 'react';
import { Problem } from '../api/problem.ts';
import type { Job } from '../api/types.ts';
import type { Original } from '../image/read.ts';
import type { JobOptions } from '../options/jobOptions.ts';
import { useTools } from './context.ts';
import type { FlowEvent } from './machine.ts';
import type { ModelAndParams } from './submit.ts';

/** Puts a job that was just made where everything that shows jobs finds it. */
export function useKeepJob(): (job: Job) => void {
  const { queries } = useTools();
  const client = useQueryClient();
  return useCallback(
    (job) => {
      client.setQueryData(queries.job(job.id).queryKey, { data: job, retryAfter: null });
      void client.invalidateQueries({ queryKey: queries.usage.queryKey });
      void client.invalidateQueries({ queryKey: queries.history.queryKey });
    },
    [client, queries],
  );
}

/** Starts and stops the sending of an original. */
export function useEnhance(dispatch: (event: FlowEvent) => void) {
  const { sender } = useTools();
  const keep = useKeepJob();
  const stop = useRef<AbortController>(null);
  const start = useCallback(
    async (original: Original, options: JobOptions, modelAndParams: ModelAndParams) => {
      const controller = new AbortController();
      stop.current = controller;
      dispatch({ type: 'started', options });
      try {
        const job = await sender.send(original, modelAndParams, {
          onSent: (share) => dispatch({ type: 'bytesSent', share }),
          onStored: () => dispatch({ type: 'stored' }),
          signal: controller.signal,
        });
        keep(job);
        dispatch({ type: 'jobCreated', job });
      } catch (error) {
        if (controller.signal.aborted) return;
        dispatch({ type: 'sendingRefused', problem: asProblem(error) });
      }
    },
    [sender, dispatch, keep],
  );
  const abort = useCallback(() => {
    stop.current?.abort();
    dispatch({ type: 'sendingStopped' });
  }, [dispatch]);
  return { start, abort };
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem({ kind: 'internal_error' });
}
