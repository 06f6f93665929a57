import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef } from 'react';
import { asProblem } from '../api/problem.ts';
import type { Job, ModelAndParams } from '../api/types.ts';
import type { Original } from '../image/read.ts';
import type { JobOptions } from '../options/jobOptions.ts';
import { useServices } from './context.ts';
import type { FlowEvent } from './machine.ts';

/** Returns a function that puts a new job into the query cache and refreshes quota and history. */
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

/** Uploads an original and creates its job; `abort` stops the upload. */
export function useEnhance(dispatch: (event: FlowEvent) => void) {
  const { submitter } = useServices();
  const cacheJob = useCacheJob();
  const controllerRef = useRef<AbortController>(null);
  const start = useCallback(
    async (original: Original, options: JobOptions, modelAndParams: ModelAndParams) => {
      const controller = new AbortController();
      controllerRef.current = controller;
      dispatch({ type: 'submitStarted', options });
      try {
        const job = await submitter.send(original, modelAndParams, {
          onProgress: (fraction) => dispatch({ type: 'uploadProgressed', fraction }),
          onUploaded: () => dispatch({ type: 'uploadFinished' }),
          signal: controller.signal,
        });
        cacheJob(job);
        dispatch({ type: 'jobCreated', job });
      } catch (error) {
        if (controller.signal.aborted) return;
        dispatch({ type: 'submitFailed', problem: asProblem(error) });
      }
    },
    [submitter, dispatch, cacheJob],
  );
  const abort = useCallback(() => {
    controllerRef.current?.abort();
    dispatch({ type: 'submitAborted' });
  }, [dispatch]);
  return { start, abort };
}
