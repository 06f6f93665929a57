import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';
import { newIdempotencyKey } from '../api/idempotencyKey.ts';
import type { Job, ModelAndParams, Params } from '../api/types.ts';
import { useDispatch, useServices } from './context.ts';
import { useCacheJob } from './useEnhance.ts';

/** Makes another job of an earlier job's original; asking once more after a lost answer gives the same job. */
export function useRerun(from: Job) {
  const { api } = useServices();
  const dispatch = useDispatch();
  const keep = useCacheJob();
  const keys = useRef(new Map<string, string>());
  return useMutation({
    mutationFn: async (modelAndParams: ModelAndParams) => {
      const asked = JSON.stringify(modelAndParams);
      const key = keys.current.get(asked) ?? newIdempotencyKey();
      keys.current.set(asked, key);
      const { data } = await api.createJob({ fromJobId: from.id, ...modelAndParams }, key);
      keys.current.delete(asked);
      return data;
    },
    onSuccess: (job) => {
      keep(job);
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
