import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef } from 'react';
import { asProblem } from '../api/problem.ts';
import type { Job, ModelAndParams } from '../api/types.ts';
import type { Original } from '../image/read.ts';
import type { JobOptions } from '../options/jobOptions.ts';
import { useServices } from './context.ts';
import type { FlowEvent } from './machine.ts';

/** Puts a job that was just made where everything that shows jobs finds it. */
export function useCacheJob(): (job: Job) => void {
  const { queries } = useServices();
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
  const { submitter } = useServices();
  const keep = useCacheJob();
  const stop = useRef<AbortController>(null);
  const start = useCallback(
    async (original: Original, options: JobOptions, modelAndParams: ModelAndParams) => {
      const controller = new AbortController();
      stop.current = controller;
      dispatch({ type: 'submitStarted', options });
      try {
        const job = await submitter.send(original, modelAndParams, {
          onProgress: (share) => dispatch({ type: 'uploadProgressed', share }),
          onUploaded: () => dispatch({ type: 'uploadFinished' }),
          signal: controller.signal,
        });
        keep(job);
        dispatch({ type: 'jobCreated', job });
      } catch (error) {
        if (controller.signal.aborted) return;
        dispatch({ type: 'submitFailed', problem: asProblem(error) });
      }
    },
    [submitter, dispatch, keep],
  );
  const abort = useCallback(() => {
    stop.current?.abort();
    dispatch({ type: 'submitAborted' });
  }, [dispatch]);
  return { start, abort };
}
