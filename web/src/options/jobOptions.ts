import type { EnhancementModel, Goal, Params, Value } from '../api/types.ts';

/** The chosen goal, the model for it, and parameters set by the person or the goal's preset. */
export type JobOptions = { goal: Goal; model: string; params: Params };

const GOALS: Goal[] = ['enlarge', 'faces', 'cleanup'];

export function availableGoals(models: EnhancementModel[]): Goal[] {
  const offered = new Set(models.flatMap((model) => model.presets.map((preset) => preset.goal)));
  return GOALS.filter((goal) => offered.has(goal));
}

/** Returns the options of the first model with a preset for the goal; null if there is none. */
export function optionsForGoal(goal: Goal, models: EnhancementModel[]): JobOptions | null {
  const model = models.find((candidate) => presetOf(candidate, goal));
  return model ? { goal, model: model.slug, params: { ...presetOf(model, goal)?.params } } : null;
}

export function defaultOptions(models: EnhancementModel[]): JobOptions | null {
  const [goal] = availableGoals(models);
  return goal ? optionsForGoal(goal, models) : null;
}

/** Changes the model. Keeps the goal if the model has a preset for it, and the output format and quality. */
export function withModel(options: JobOptions, model: EnhancementModel): JobOptions {
  const preset = presetOf(model, options.goal) ?? model.presets[0];
  const kept = ['outputFormat', 'outputQuality'].flatMap((name) => {
    const value = options.params[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    goal: preset?.goal ?? options.goal,
    model: model.slug,
    params: { ...preset?.params, ...Object.fromEntries(kept) },
  };
}

export function withParam(options: JobOptions, name: string, value: Value): JobOptions {
  return { ...options, params: { ...options.params, [name]: value } };
}

function presetOf(model: EnhancementModel, goal: Goal) {
  return model.presets.find((preset) => preset.goal === goal);
}
