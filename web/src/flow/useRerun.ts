import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';
import { newIdempotencyKey } from '../api/idempotencyKey.ts';
import type { Job, ModelAndParams, Params } from '../api/types.ts';
import { useDispatch, useServices } from './context.ts';
import { useCacheJob } from './useEnhance.ts';

/** Creates a new job from an earlier job's original. A retry after a lost response reuses its Idempotency-Key. */
export function useRerun(from: Job) {
  const { api } = useServices();
  const dispatch = useDispatch();
  const cacheJob = useCacheJob();
  const keys = useRef(new Map<string, string>());
  return useMutation({
    mutationFn: async (modelAndParams: ModelAndParams) => {
      const requestKey = JSON.stringify(modelAndParams);
      const key = keys.current.get(requestKey) ?? newIdempotencyKey();
      keys.current.set(requestKey, key);
      const { data } = await api.createJob({ fromJobId: from.id, ...modelAndParams }, key);
      keys.current.delete(requestKey);
      return data;
    },
    onSuccess: (job) => {
      cacheJob(job);
      dispatch({ type: 'jobCreated', job });
    },
  });
}

/** A job's model and parameters as a new request may send them: a scale below 1 is only possible by omitting it. */
export function modelAndParamsOf(job: Job): ModelAndParams {
  const params: Params = { ...job.params };
  if (typeof params.scale === 'number' && params.scale < 1) delete params.scale;
  return { model: job.model, params };
}

export function isOriginalAvailable(job: Job, now: Date): boolean {
  return job.originalUrl !== null && Date.parse(job.expires.original) > now.getTime();
}
