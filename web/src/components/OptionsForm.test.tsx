import { fireEvent, screen, within } from '@testing-library/react';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import type { EnhancementModel } from '../api/types.ts';
import type { Language } from '../i18n/language.ts';
import { estimateResult } from '../options/estimate.ts';
import { defaultOptions, type JobOptions } from '../options/jobOptions.ts';
import { models } from '../testing/contract.ts';
import { renderComponent } from '../testing/page.tsx';
import { OptionsForm } from './OptionsForm.tsx';

type Size = { width: number; height: number };
type Case = { on?: EnhancementModel[]; image?: Size; language?: Language; options?: JobOptions };

/** Renders the form with state, as a view does; `changes` are the options after each change. */
async function choose({ on = models(), image = { width: 320, height: 213 }, language = 'en', options: at }: Case = {}) {
  const changes: JobOptions[] = [];
  function Held() {
    const [options, setOptions] = useState(at ?? (defaultOptions(on) as JobOptions));
    const model = on.find(({ slug }) => slug === options.model) as EnhancementModel;
    const estimate = estimateResult(options, model, image.width, image.height);
    const take = (next: JobOptions) => {
      changes.push(next);
      setOptions(next);
    };
    return <OptionsForm models={on} model={model} options={options} estimate={estimate} onChange={take} />;
  }
  return { ...(await renderComponent(<Held />, { language })), changes, options: () => changes[changes.length - 1] };
}

const group = (name: string) => within(screen.getByRole('group', { name }));
const radios = (name: string) => group(name).getAllByRole<HTMLInputElement>('radio');
const labels = (name: string) => radios(name).map(({ labels: own }) => own?.[0]?.textContent);
const chosen = (name: string) => radios(name).filter(({ checked }) => checked).map(({ labels: own }) => own?.[0]?.textContent);
const field = <E extends HTMLElement>(role: string, name: RegExp | string) => screen.getByRole<E>(role, { name });

describe('the goals', () => {
  it('are those with a preset in some model; the first is chosen', async () => {
    await choose();
    expect(radios('Choose an enhancement').map(({ labels: own }) => own?.[0]?.querySelector('.goal-name')?.textContent)).toEqual([
      'Larger and sharper',
      'Restore faces',
      'Clean up',
    ]);
    expect(field<HTMLInputElement>('radio', /^Larger and sharper/).checked).toBe(true);
  });

  it('are fewer if the operator allows fewer models', async () => {
    await choose({ on: models().slice(1) });
    expect(radios('Choose an enhancement')).toHaveLength(1);
    expect(field<HTMLInputElement>('radio', /^Restore faces/).checked).toBe(true);
  });

  it('change by arrow keys, and set their model and its parameters', async () => {
    const { user, options } = await choose();
    field('radio', /^Larger and sharper/).focus();
    await user.keyboard('{ArrowDown}');
    expect(options()).toEqual({ goal: 'faces', model: 'tencentarc/gfpgan', params: {} });
    await user.keyboard('{ArrowDown}');
    expect(options()).toEqual({ goal: 'cleanup', model: 'nightmareai/real-esrgan', params: { scale: 1 } });
    expect(chosen('Scale')).toEqual(['1× (same size)']);
  });
});

describe('the scale', () => {
  it('goes up to 4×, and is the model’s default at first', async () => {
    await choose();
    expect(labels('Scale')).toEqual(['1× (same size)', '1.5×', '2×', '3×', '4×']);
    expect(chosen('Scale')).toEqual(['4×']);
  });

  it('changes by arrow keys', async () => {
    const { user, options } = await choose();
    radios('Scale')[4]?.focus();
    await user.keyboard('{ArrowUp}');
    expect(options()?.params).toEqual({ scale: 3 });
    expect(chosen('Scale')).toEqual(['3×']);
  });

  it('offers no scale above the image’s limit, which is chosen', async () => {
    await choose({ image: { width: 4000, height: 3000 } });
    expect(labels('Scale')).toEqual(['1× (same size)', '1.5×', '1.67×']);
    expect(chosen('Scale')).toEqual(['1.67×']);
  });

  it('can be below 1 for an image that is larger than any result', async () => {
    await choose({ image: { width: 9000, height: 5000 }, language: 'de' });
    expect(labels('Vergrößerung')).toEqual(['0,86×']);
  });
});

describe('the file', () => {
  const format = () => field<HTMLSelectElement>('combobox', /^File format/);

  it('is WebP at first, and each format is described', async () => {
    const { user, options } = await choose();
    expect(format().value).toBe('webp');
    expect(screen.getByText(/^About one eighth the size of a PNG/)).toBeDefined();
    await user.selectOptions(format(), 'JPEG');
    expect(options()?.params).toEqual({ outputFormat: 'jpeg' });
    expect(screen.getByText(/^Opens everywhere; transparent areas become white/)).toBeDefined();
  });

  it('has a quality, except PNG, which is lossless', async () => {
    const { user, options } = await choose();
    const quality = () => screen.queryByRole<HTMLInputElement>('slider', { name: /^Quality/ });
    expect(quality()?.value).toBe('90');
    fireEvent.change(quality() as HTMLInputElement, { target: { value: '71' } });
    expect(options()?.params).toEqual({ outputQuality: 71 });
    expect(screen.getByText('71')).toBeDefined();
    await user.selectOptions(format(), 'PNG');
    expect(quality()).toBeNull();
    expect(screen.getByText('Lossless; the largest files.')).toBeDefined();
  });

  it('can’t have a format that can’t hold the size', async () => {
    const { user, options, changes } = await choose({ image: { width: 8000, height: 200 } });
    expect(format().value).toBe('png');
    const webp = within(format()).getByRole<HTMLOptionElement>('option', { name: 'WebP (image too large for this format)' });
    expect(webp.disabled).toBe(true);
    await user.selectOptions(format(), webp).catch(() => undefined);
    expect(changes).toEqual([]);
    await user.selectOptions(format(), 'JPEG');
    expect(options()?.params).toEqual({ outputFormat: 'jpeg' });
  });
});

describe('the model', () => {
  const model = () => field<HTMLSelectElement>('combobox', /^Model/);

  it('is one of the allowed models, with its licence and usual time', async () => {
    const { user, options } = await choose();
    expect(within(model()).getAllByRole('option').map((option) => option.textContent)).toEqual([
      'Real-ESRGAN',
      'GFPGAN',
      'CodeFormer',
    ]);
    expect(screen.getByText('Licence: BSD-3-Clause · usually about 12 seconds')).toBeDefined();
    await user.selectOptions(model(), 'CodeFormer');
    expect(options()).toMatchObject({ goal: 'faces', model: 'sczhou/codeformer' });
    expect(screen.getByText('Licence: S-Lab License 1.0 (non-commercial) · usually about 15 seconds')).toBeDefined();
    expect(field<HTMLInputElement>('radio', /^Restore faces/).checked).toBe(true);
  });

  it('changes without losing the chosen file format', async () => {
    const { user, options } = await choose();
    await user.selectOptions(field('combobox', /^File format/), 'PNG');
    await user.selectOptions(model(), 'GFPGAN');
    expect(options()?.params).toEqual({ outputFormat: 'png' });
    expect(field<HTMLSelectElement>('combobox', /^File format/).value).toBe('png');
  });
});

describe('the options of a model', () => {
  const on = (slug: string) => models().filter((model) => model.slug === slug);

  it('are those of Real-ESRGAN: faces too, with the licence of that option', async () => {
    const { user, options } = await choose({ on: on('nightmareai/real-esrgan') });
    const faces = field<HTMLInputElement>('checkbox', 'Also restore faces Licence: Apache-2.0, parts of it non-commercial');
    expect(faces.checked).toBe(false);
    faces.focus();
    await user.keyboard(' ');
    expect(faces.checked).toBe(true);
    expect(options()?.params).toEqual({ faceEnhance: true });
  });

  it('are those of GFPGAN: its versions, with the newest as default', async () => {
    const { user, options } = await choose({ on: on('tencentarc/gfpgan') });
    const version = field<HTMLSelectElement>('combobox', 'Model version');
    expect(within(version).getAllByRole('option').map((option) => option.textContent)).toEqual(['v1.2', 'v1.3', 'v1.4']);
    expect(version.value).toBe('v1.4');
    await user.selectOptions(version, 'v1.2');
    expect(version.value).toBe('v1.2');
    expect(options()?.params).toEqual({ version: 'v1.2' });
  });

  it('are those of CodeFormer: fidelity from 0 to 1, the background and the faces', async () => {
    const { user, options } = await choose({ on: on('sczhou/codeformer') });
    const fidelity = field<HTMLInputElement>('slider', /^Fidelity/);
    expect([fidelity.min, fidelity.max, fidelity.step]).toEqual(['0', '1', '0.05']);
    expect(screen.getByText('0 invents more detail; 1 stays closer to the original.')).toBeDefined();
    fireEvent.change(fidelity, { target: { value: '0.7' } });
    expect(options()?.params).toEqual({ fidelity: 0.7 });
    await user.click(field('checkbox', 'Also enhance the background'));
    await user.click(field('checkbox', 'Upscale faces separately'));
    expect(options()?.params).toEqual({ fidelity: 0.7, backgroundEnhance: false, faceUpsample: false });
  });

  it('have their API names if the page does not know them, and integers change in steps of 1', async () => {
    const [first] = models();
    const tiles = { name: 'tiles', kind: 'integer', default: 2, minimum: 1, maximum: 8, choices: null, licence: null } as const;
    const { options } = await choose({ on: [{ ...(first as EnhancementModel), params: [...(first?.params ?? []), tiles] }] });
    const slider = field<HTMLInputElement>('slider', /^tiles/);
    expect([slider.min, slider.max, slider.step]).toEqual(['1', '8', '1']);
    fireEvent.change(slider, { target: { value: '5' } });
    expect(options()?.params).toEqual({ tiles: 5 });
  });

  it('have German names', async () => {
    await choose({ on: on('sczhou/codeformer'), language: 'de' });
    expect(field('checkbox', 'Auch den Hintergrund verbessern')).toBeDefined();
    expect(field('checkbox', 'Gesichter getrennt vergrößern')).toBeDefined();
    expect(field('slider', /^Originaltreue/)).toBeDefined();
    expect(labels('Verbesserung auswählen')[0]).toContain('Gesichter restaurieren');
  });
});

it.each(['Quality', 'Fidelity'])('labels the slider of %s, so that a click on the label focuses it', async (name) => {
  const { user } = await choose({ on: models().slice(2) });
  const slider = field('slider', new RegExp(`^${name}`));
  await user.click(screen.getByText(`${name}:`));
  expect(document.activeElement).toBe(slider);
});

it('formats a slider’s value in the page’s language', async () => {
  await choose({ on: models().slice(2), language: 'de' });
  expect(screen.getByText('Originaltreue:').textContent).toBe('Originaltreue: 0,5');
});

it('collapses everything but the goals', async () => {
  const { user } = await choose();
  const more = screen.getByText('More options');
  const details = more.closest('details');
  expect(details?.open).toBe(false);
  expect(details?.contains(field('combobox', /^Model/))).toBe(true);
  await user.click(more);
  expect(details?.open).toBe(true);
});
