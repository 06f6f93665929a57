import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';
import type { Job, Params } from '../api/types.ts';
import { useDispatch, useTools } from './context.ts';
import { useKeepJob } from './useEnhance.ts';
import { freshKey } from '../api/idempotencyKey.ts';
import type { ModelAndParams } from './submit.ts';

/** Makes another job of an earlier job's original; asking once more after a lost answer gives the same job. */
export function useAgain(from: Job) {
  const { api } = useTools();
  const dispatch = useDispatch();
  const keep = useKeepJob();
  const keys = useRef(new Map<string, string>());
  return useMutation({
    mutationFn: async (modelAndParams: ModelAndParams) => {
      const asked = JSON.stringify(modelAndParams);
      const key = keys.current.get(asked) ?? freshKey();
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

export function hasOriginal(job: Job, now: Date): boolean {
  return job.originalUrl !== null && Date.parse(job.expires.original) > now.getTime();
}
