import type { EnhancementModel, Goal, Params, Value } from '../api/types.ts';

/** What a person wants of a picture: a goal, the model for it, and what they chose themselves or the goal presets. */
export type Wish = { goal: Goal; model: string; params: Params };

const ORDER: Goal[] = ['enlarge', 'faces', 'cleanup'];

export function goalsOf(models: EnhancementModel[]): Goal[] {
  const offered = new Set(models.flatMap((model) => model.presets.map((preset) => preset.goal)));
  return ORDER.filter((goal) => offered.has(goal));
}

/** The first model that serves the goal, as it serves it; null when none does. */
export function wishFor(goal: Goal, models: EnhancementModel[]): Wish | null {
  const model = models.find((candidate) => presetOf(candidate, goal));
  return model ? { goal, model: model.slug, params: { ...presetOf(model, goal)?.params } } : null;
}

export function firstWish(models: EnhancementModel[]): Wish | null {
  const [goal] = goalsOf(models);
  return goal ? wishFor(goal, models) : null;
}

/** The same goal with another model, or that model's own first goal; output choices are kept. */
export function withModel(wish: Wish, model: EnhancementModel): Wish {
  const preset = presetOf(model, wish.goal) ?? model.presets[0];
  const kept = ['outputFormat', 'outputQuality'].flatMap((name) => {
    const value = wish.params[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    goal: preset?.goal ?? wish.goal,
    model: model.slug,
    params: { ...preset?.params, ...Object.fromEntries(kept) },
  };
}

export function withParam(wish: Wish, name: string, value: Value): Wish {
  return { ...wish, params: { ...wish.params, [name]: value } };
}

function presetOf(model: EnhancementModel, goal: Goal) {
  return model.presets.find((preset) => preset.goal === goal);
}
