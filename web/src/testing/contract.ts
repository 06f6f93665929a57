/**
 * API responses for tests, taken from the examples in docs/openapi.yaml, so that no test relies on a response that the
 * API does not have.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Problem, problemOf } from '../api/problem.ts';
import type { EnhancementModel, ErrorType, Goal, Job, Parameter, Params, Share, Upload, Usage } from '../api/types.ts';

type Content = { 'application/json': { example: { data: unknown } } };
type Responses = { responses: Record<string, { content: Content }> };
type Contract = {
  paths: Record<string, Record<string, Responses>>;
  components: { examples: Record<string, { value: { data?: unknown; error?: unknown } }> };
};

const contract = parse(readFileSync('../docs/openapi.yaml', 'utf8'), { merge: true, maxAliasCount: -1 }) as Contract;

/** The tests' clock: 30 seconds after the examples' job was created. */
export const NOW = new Date('2026-11-22T12:00:30.000Z');

function answered<T>(method: string, path: string, status: string): T {
  const example = contract.paths[path]?.[method]?.responses[status]?.content['application/json'].example;
  if (!example) throw new Error(`${method} ${path} has no example of ${status} in docs/openapi.yaml`);
  return structuredClone(example.data) as T;
}

function named<T>(name: string): T {
  const example = contract.components.examples[name];
  if (!example) throw new Error(`docs/openapi.yaml has no example ${name}`);
  return structuredClone(example.value) as T;
}

export const usage = (): Usage => answered('get', '/api/ai-image/usage', '200');
export const upload = (): Upload => answered('post', '/api/ai-image/uploads', '201');
export const share = (): Share => answered('post', '/api/ai-image/jobs/{id}/share', '201');
export const session = (): unknown => answered('post', '/api/session', '201');
export const empty = (): unknown => answered('delete', '/api/session', '200');
export const deleted = (): unknown => answered('delete', '/api/ai-image/jobs/{id}', '200');

export const usedUp = (): Usage => {
  const { usage: quota, ...rest } = usage();
  return { ...rest, usage: { ...quota, used: rest.limits.jobs, remaining: 0 } };
};

const jobLike = (name: string, changes: Partial<Job>): Job => ({ ...named<{ data: Job }>(name).data, ...changes });
export const queued = (changes: Partial<Job> = {}): Job => jobLike('Queued', changes);
export const succeeded = (changes: Partial<Job> = {}): Job => jobLike('Succeeded', changes);
export const failed = (changes: Partial<Job> = {}): Job => jobLike('Failed', changes);
export const running = (changes: Partial<Job> = {}): Job => queued({ status: 'processing', stage: 'enhancing', ...changes });
export const canceled = (): Job => failed({ status: 'canceled', error: null });

export type Refused = { error: { type: ErrorType; message: string; details?: Record<string, unknown> } };
/** The body of an error response by its type. */
export const refused = (type: ErrorType): Refused => named(type);

/** An error response as a Problem. */
export function problem(type: ErrorType, status: number, headers: Record<string, string> = {}): Problem {
  return problemOf(status, new Headers(headers), refused(type));
}

type ModelFile = Pick<EnhancementModel, 'slug' | 'name' | 'maxPixels' | 'usualSeconds'> & {
  goals: { goal: Goal; params?: Params }[];
  scale: { default: number; maximum: number };
  options: (Partial<Omit<Parameter, 'licence'>> & Pick<Parameter, 'name' | 'kind' | 'default'> & { licence?: { name: string } })[];
  licence: { name: string };
};

const FOLDER = '../layers/core/enhancer/models';
const FILES = ['nightmareai--real-esrgan', 'tencentarc--gfpgan', 'sczhou--codeformer'];

/** All models of the product as GET /models returns them; the output parameters come from the API's example. */
export function models(): EnhancementModel[] {
  const [example] = answered<{ models: EnhancementModel[] }>('get', '/api/ai-image/models', '200').models;
  return FILES.map((name) => {
    const file = JSON.parse(readFileSync(`${FOLDER}/${name}.json`, 'utf8')) as ModelFile;
    const { slug, maxPixels, usualSeconds } = file;
    const presets = file.goals.map(({ goal, params = {} }) => ({ goal, params }));
    const options = file.options.map((option): Parameter => {
      const { minimum = null, maximum = null, choices = null, licence } = option;
      return { name: option.name, kind: option.kind, default: option.default, minimum, maximum, choices, licence: licence?.name ?? null };
    });
    const params = (example?.params ?? []).flatMap((parameter): Parameter[] => {
      const { default: usual, maximum } = file.scale;
      if (parameter.name === 'scale') return [{ ...parameter, default: usual, maximum }, ...options];
      return parameter.name.startsWith('output') ? [parameter] : [];
    });
    const goal = presets[0]?.goal ?? 'enlarge';
    return { slug, name: file.name, goal, presets, params, maxPixels, licence: file.licence.name, usualSeconds };
  });
}
