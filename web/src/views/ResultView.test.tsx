import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { share, succeeded } from '../testing/contract.ts';
import { decodeAs, JOB, server, renderComponent } from '../testing/page.tsx';
import { ok } from '../testing/server.ts';
import { ResultView } from './ResultView.tsx';

const SIZE = { width: 320, height: 213 };
const images = () => screen.getAllByRole('img').map((image) => [image.getAttribute('alt'), image.getAttribute('src')]);

describe('a result', () => {
  it('is shown as a preview next to its original, and downloaded in full size', async () => {
    const job = succeeded();
    await renderComponent(<ResultView job={job} originalSize={SIZE} decoded />);
    expect(screen.getByRole('heading', { level: 1, name: 'Your result' })).toBeDefined();
    expect(images()).toEqual([
      ['The original image', job.originalUrl],
      ['The enhanced image', job.previewUrl],
    ]);
    const download = screen.getByRole('link', { name: 'Download' });
    expect(download.getAttribute('href')).toBe(job.imageUrl);
    expect(download.hasAttribute('download')).toBe(true);
  });

  it('shows its size and format', async () => {
    const result = { contentType: 'image/webp', width: 1280, height: 852, bytes: 1_536_812, sha256: 'a'.repeat(64) };
    await renderComponent(<ResultView job={succeeded({ result })} originalSize={SIZE} decoded />);
    expect(screen.getByText(/pixels, /).textContent).toBe('1280×852 pixels, WebP, 1.5 MB');
  });

  it('is described in German', async () => {
    await renderComponent(<ResultView job={succeeded()} originalSize={SIZE} decoded />, { language: 'de' });
    expect(screen.getByRole('link', { name: 'Herunterladen' })).toBeDefined();
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Ihr Ergebnis');
  });

  it('is shown alone, with the reason, if the original is deleted', async () => {
    const job = succeeded({ originalUrl: null });
    await renderComponent(<ResultView job={job} originalSize={null} decoded />);
    expect(images()).toEqual([['The enhanced image', job.previewUrl]]);
    expect(screen.getByText(/^The original was deleted after 24 hours/)).toBeDefined();
    expect(screen.queryByRole('slider')).toBeNull();
  });

  it('is shown in full size without a preview', async () => {
    const job = succeeded({ previewUrl: null });
    await renderComponent(<ResultView job={job} originalSize={null} decoded />);
    expect(images()).toEqual([['The enhanced image', job.imageUrl]]);
  });

  it('can be downloaded even if the browser can’t display it', async () => {
    await renderComponent(<ResultView job={succeeded()} originalSize={SIZE} decoded={false} />);
    expect(screen.queryByRole('img')).toBeNull();
    expect(screen.getByText('The image can’t be displayed here. You can still download it.')).toBeDefined();
    expect(screen.getByRole('link', { name: 'Download' })).toBeDefined();
  });

  it('can be left for a new image', async () => {
    const { user, events } = await renderComponent(<ResultView job={succeeded()} originalSize={SIZE} decoded />);
    await user.click(screen.getByRole('button', { name: 'New image' }));
    expect(events).toEqual([{ type: 'reset' }]);
  });

  it('is shared in a dialog, opened by keyboard', async () => {
    const from = server().on(`POST /api/ai-image/jobs/${JOB}/share`, ok(share(), {}, 201));
    const { user } = await renderComponent(<ResultView job={succeeded()} originalSize={SIZE} decoded />, { server: from });
    screen.getByRole('button', { name: 'Share' }).focus();
    await user.keyboard('{Enter}');
    expect(within(screen.getByRole('dialog')).getByRole('button', { name: 'Create link' })).toBeDefined();
    await user.click(screen.getByRole('button', { name: 'Close' }));
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('is deleted only after confirmation', async () => {
    const from = server();
    const { user } = await renderComponent(<ResultView job={succeeded()} originalSize={SIZE} decoded />, { server: from });
    await user.click(screen.getByRole('button', { name: 'Delete' }));
    expect(within(screen.getByRole('dialog')).getByRole('button', { name: 'Delete now' })).toBeDefined();
    expect(from.requests.map(({ method }) => method)).not.toContain('DELETE');
    expect(from.requests.length).toBeGreaterThan(0);
  });
});

describe('the details', () => {
  const measures = () => screen.getAllByRole('term').map((term) => `${term.textContent} ${term.nextElementSibling?.textContent}`);

  it('show the similarity to the original in three numbers', async () => {
    await renderComponent(<ResultView job={succeeded()} originalSize={SIZE} decoded />);
    expect(measures()).toEqual(['Colour shift 1.07', 'Structural similarity 0.93', 'Fine contrast 1.84×']);
    expect(screen.getByText(/The numbers describe the result; a model can still invent details\.$/)).toBeDefined();
  });

  it('show German numbers', async () => {
    await renderComponent(<ResultView job={succeeded()} originalSize={SIZE} decoded />, { language: 'de' });
    expect(measures()).toEqual(['Farbverschiebung 1,07', 'Strukturelle Ähnlichkeit 0,93', 'Feinkontrast 1,84×']);
  });

  it('show two numbers for a plain original, and none without a report', async () => {
    const report = { colourShift: 0, structuralSimilarity: 1, sharpnessGain: null };
    const { rerender } = await renderComponent(<ResultView job={succeeded({ report })} originalSize={SIZE} decoded />);
    expect(measures()).toEqual(['Colour shift 0.00', 'Structural similarity 1.00']);
    rerender(<ResultView job={succeeded({ report: null })} originalSize={SIZE} decoded />);
    expect(screen.queryAllByRole('term')).toEqual([]);
    expect(screen.queryByRole('heading', { name: 'Similarity to the original' })).toBeNull();
  });

  it('say when original and result are deleted', async () => {
    const { rerender } = await renderComponent(<ResultView job={succeeded()} originalSize={SIZE} decoded />);
    expect(screen.getByText('Original: in 24 hours (Nov 23, 2026, 12:00 PM)')).toBeDefined();
    expect(screen.getByText('Result: in 30 days (Dec 22, 2026, 12:00 PM)')).toBeDefined();
    const expires = { ...succeeded().expires, original: '2026-11-22T12:00:30.000Z' };
    rerender(<ResultView job={succeeded({ expires })} originalSize={null} decoded />);
    expect(screen.getByText('Original: already deleted')).toBeDefined();
  });

  it('name the model and the duration', async () => {
    await renderComponent(<ResultView job={succeeded()} originalSize={SIZE} decoded />);
    expect(await screen.findByText('Real-ESRGAN, 4×')).toBeDefined();
    expect(screen.getByText('It took 30 seconds.')).toBeDefined();
  });

  it('name a model that is no longer allowed by its slug', async () => {
    await renderComponent(<ResultView job={succeeded({ model: 'gone/model' })} originalSize={SIZE} decoded />);
    expect(screen.getByText('gone/model, 4×')).toBeDefined();
  });

  it('list the changes made before sending', async () => {
    const prepared = {
      oriented: true,
      metadataRemoved: true,
      converted: 'L',
      reducedFrom: [9000, 5000],
      transparencyFilled: true,
      hdrRemoved: true,
    };
    const { rerender } = await renderComponent(<ResultView job={succeeded({ prepared })} originalSize={SIZE} decoded />);
    const done = () => screen.getAllByRole('listitem').map((item) => item.textContent);
    expect(done()).toEqual([
      'Location, camera and all other metadata removed.',
      'Rotated upright.',
      'Converted to 8-bit RGB from greyscale.',
      'Reduced from 9000×5000 pixels to the size that the model accepts.',
      'Colours under fully transparent pixels replaced.',
      'HDR was not kept: the model works in standard dynamic range.',
    ]);
    rerender(<ResultView job={succeeded({ prepared: { ...prepared, converted: 'CMYK' } })} originalSize={SIZE} decoded />);
    expect(done()).toContain('Converted to 8-bit RGB from CMYK.');
    const nothing = { oriented: false, metadataRemoved: false, converted: null, reducedFrom: null, transparencyFilled: false };
    rerender(<ResultView job={succeeded({ prepared: nothing })} originalSize={SIZE} decoded />);
    expect(done()).toEqual(['There was no metadata to remove.', 'No changes were needed.']);
  });
});

describe('the comparison', () => {
  const slider = () => screen.getByRole('slider', { name: 'Before and after' });

  it('moves by two buttons, and reports its position', async () => {
    const { user } = await renderComponent(<ResultView job={succeeded()} originalSize={SIZE} decoded />);
    expect(slider().getAttribute('aria-valuetext')).toBe('50% before, 50% after');
    await user.click(screen.getByRole('button', { name: 'Show more of the original' }));
    await waitFor(() => expect(slider().getAttribute('aria-valuetext')).toBe('60% before, 40% after'));
    await user.click(screen.getByRole('button', { name: 'Show more of the result' }));
    await user.click(screen.getByRole('button', { name: 'Show more of the result' }));
    await waitFor(() => expect(slider().getAttribute('aria-valuetext')).toBe('40% before, 60% after'));
  });

  it('opens in a dialog with zoom by keys, down to the whole image', async () => {
    decodeAs({ width: 1280, height: 852 });
    const { user } = await renderComponent(<ResultView job={succeeded()} originalSize={SIZE} decoded />);
    await user.click(screen.getByRole('button', { name: 'Full screen and zoom' }));
    const dialog = within(screen.getByRole('dialog', { name: 'Full screen' }));
    expect(await dialog.findByText('Full size')).toBeDefined();
    expect(dialog.getByRole('img', { name: 'The enhanced image' }).getAttribute('src')).toBe(succeeded().imageUrl);
    const fit = dialog.getByRole('button', { name: 'Fit' });
    expect(fit.getAttribute('aria-disabled')).toBe('true');
    fit.focus();
    await user.keyboard('+');
    expect(dialog.getByRole('group', { name: 'Image, zoom 150%' })).toBeDefined();
    expect(fit.getAttribute('aria-disabled')).toBe('false');
    await user.keyboard('--');
    expect(dialog.getByRole('group', { name: 'Image, zoom 100%' })).toBeDefined();
    await user.click(dialog.getByRole('button', { name: 'Zoom in' }));
    await user.keyboard('0');
    expect(dialog.getByRole('group', { name: 'Image, zoom 100%' })).toBeDefined();
  });

  it('keeps the preview in the dialog if the full-size image can’t be loaded, and says so', async () => {
    decodeAs(null);
    const { user } = await renderComponent(<ResultView job={succeeded()} originalSize={null} decoded />);
    await user.click(screen.getByRole('button', { name: 'Full screen and zoom' }));
    const dialog = within(screen.getByRole('dialog', { name: 'Full screen' }));
    expect(await dialog.findByText('The full-size image could not be loaded. This is the preview.')).toBeDefined();
    expect(dialog.getByRole('img').getAttribute('src')).toBe(succeeded().previewUrl);
  });
});
