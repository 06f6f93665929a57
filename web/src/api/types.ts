/** The types of the HTTP API, generated from docs/openapi.yaml, under the names of the domain. */
import type { components } from './schema.gen.ts';

type Schemas = components['schemas'];

export type Value = boolean | number | string;
export type Params = Record<string, Value>;
export type ModelAndParams = { model: string; params: Params };
export type Goal = Schemas['Goal'];
export type Parameter = Schemas['Parameter'];
export type EnhancementModel = Schemas['Model'];
export type Job = Schemas['Job'];
export type Stage = Job['stage'];
export type Usage = Schemas['UsageAnswer']['data'];
export type Upload = Schemas['UploadAnswer']['data'];
export type Share = Schemas['ShareAnswer']['data'];
export type JobPage = { jobs: Job[]; nextCursor: string | null };
export type ErrorType = Schemas['ErrorType'] | 'provider_error';

export function hasEnded(job: Job): boolean {
  return job.status === 'succeeded' || job.status === 'failed' || job.status === 'canceled';
}
