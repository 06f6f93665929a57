import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { share, succeeded } from '../testing/contract.ts';
import { JOB, server, show } from '../testing/page.tsx';
import { ok } from '../testing/server.ts';
import { ResultView } from './ResultView.tsx';

const SIZE = { width: 320, height: 213 };
const images = () => screen.getAllByRole('img').map((image) => [image.getAttribute('alt'), image.getAttribute('src')]);

describe('a result', () => {
  it('is shown beside its original, as a preview, and downloaded whole', async () => {
    const job = succeeded();
    await show(<ResultView job={job} originalSize={SIZE} decoded />);
    expect(screen.getByRole('heading', { level: 1, name: 'Here is your result' })).toBeDefined();
    expect(images()).toEqual([
      ['The original picture', job.originalUrl],
      ['The enhanced picture', job.previewUrl],
    ]);
    const download = screen.getByRole('link', { name: 'Download' });
    expect(download.getAttribute('href')).toBe(job.imageUrl);
    expect(download.hasAttribute('download')).toBe(true);
  });

  it('says how large it is, in which format', async () => {
    const result = { contentType: 'image/webp', width: 1280, height: 852, bytes: 1_536_812, sha256: 'a'.repeat(64) };
    await show(<ResultView job={succeeded({ result })} originalSize={SIZE} decoded />);
    expect(screen.getByText(/pixels, /).textContent).toBe('1280×852 pixels, WebP, 1.5 MB');
  });

  it('is told in German', async () => {
    await show(<ResultView job={succeeded()} originalSize={SIZE} decoded />, { language: 'de' });
    expect(screen.getByRole('link', { name: 'Herunterladen' })).toBeDefined();
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Hier ist Ihr Ergebnis');
  });

  it('stands alone, and says why, where the original is gone', async () => {
    const job = succeeded({ originalUrl: null });
    await show(<ResultView job={job} originalSize={null} decoded />);
    expect(images()).toEqual([['The enhanced picture', job.previewUrl]]);
    expect(screen.getByText(/^The original was deleted after its 24 hours/)).toBeDefined();
    expect(screen.queryByRole('slider')).toBeNull();
  });

  it('is shown whole where it has no preview', async () => {
    const job = succeeded({ previewUrl: null });
    await show(<ResultView job={job} originalSize={null} decoded />);
    expect(images()).toEqual([['The enhanced picture', job.imageUrl]]);
  });

  it('can be downloaded also where this browser can’t show it', async () => {
    await show(<ResultView job={succeeded()} originalSize={SIZE} decoded={false} />);
    expect(screen.queryByRole('img')).toBeNull();
    expect(screen.getByText('The picture could not be shown here. You can still download it.')).toBeDefined();
    expect(screen.getByRole('link', { name: 'Download' })).toBeDefined();
  });

  it('makes room for the next picture', async () => {
    const { person, told } = await show(<ResultView job={succeeded()} originalSize={SIZE} decoded />);
    await person.click(screen.getByRole('button', { name: 'New picture' }));
    expect(told).toEqual([{ type: 'left' }]);
  });

  it('is shared by a dialog that the keyboard opens', async () => {
    const from = server().on(`POST /api/ai-image/jobs/${JOB}/share`, ok(share(), {}, 201));
    const { person } = await show(<ResultView job={succeeded()} originalSize={SIZE} decoded />, { server: from });
    screen.getByRole('button', { name: 'Share' }).focus();
    await person.keyboard('{Enter}');
    expect(within(screen.getByRole('dialog')).getByRole('button', { name: 'Create link' })).toBeDefined();
    await person.click(screen.getByRole('button', { name: 'Close' }));
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('is deleted only after a question', async () => {
    const from = server();
    const { person } = await show(<ResultView job={succeeded()} originalSize={SIZE} decoded />, { server: from });
    await person.click(screen.getByRole('button', { name: 'Delete' }));
    expect(within(screen.getByRole('dialog')).getByRole('button', { name: 'Delete now' })).toBeDefined();
    expect(from.asked.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });
});
