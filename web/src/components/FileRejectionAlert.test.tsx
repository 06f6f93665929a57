import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { FileRejection } from '../image/read.ts';
import { renderComponent } from '../testing/page.tsx';
import { FileRejectionAlert } from './FileRejectionAlert.tsx';

const MB = 1_048_576;
const name = 'cat.heic';
const told = (rejection: FileRejection, language: 'en' | 'de' = 'en') =>
  renderComponent(<FileRejectionAlert rejection={rejection} />, { language }).then(() => screen.getByRole('alert').textContent);

it.each<[FileRejection, string, string]>([
  [{ reason: 'empty', name }, '“cat.heic” is empty.', 'Save or copy the file again, or choose another one.'],
  [{ reason: 'animated', name }, '“cat.heic” is animated. Only still images are supported.', 'Save a single frame as an image'],
  [{ reason: 'damaged', name }, '“cat.heic” is damaged and can’t be opened as an image.', 'Save or copy the file again'],
  [{ reason: 'unreachable', name }, 'The sample image could not be loaded.', 'Check your connection and try again.'],
  [{ reason: 'unsupported', name, actual: 'HEIC' }, '“cat.heic” is HEIC. Only JPEG, PNG and WebP images are supported.', 'save this one as JPEG'],
  [{ reason: 'unsupported', name, actual: 'video' }, '“cat.heic” is a video. Only JPEG', 'save this one as JPEG'],
  [{ reason: 'unsupported', name, actual: null }, '“cat.heic” is not a supported image.', 'save this one as JPEG'],
])('explains %o and what to do', async (rejection, wrong, next) => {
  const words = await told(rejection);
  expect(words).toContain('This file can’t be used');
  expect(words).toContain(wrong);
  expect(words).toContain(next);
});

it('shows a size next to its limit', async () => {
  expect(await told({ reason: 'tooLarge', name: 'cat.png', bytes: 12 * MB, maxBytes: 10 * MB })).toContain(
    '“cat.png” is 12 MB; the limit is 10 MB.',
  );
});

it('shows bytes if rounding would make size and limit look equal', async () => {
  expect(await told({ reason: 'tooLarge', name: 'cat.png', bytes: 10 * MB + 1, maxBytes: 10 * MB })).toContain(
    '“cat.png” is 10,485,761 bytes; the limit is 10 MB.',
  );
});

it('speaks German, with German numbers', async () => {
  const words = await told({ reason: 'tooLarge', name: 'katze.png', bytes: 12.5 * MB, maxBytes: 10 * MB }, 'de');
  expect(words).toContain('Diese Datei kann nicht verwendet werden');
  expect(words).toContain('„katze.png“ hat 12,5 MB; erlaubt sind höchstens 10 MB.');
});

it('names a video in German', async () => {
  expect(await told({ reason: 'unsupported', name: 'film.mp4', actual: 'video' }, 'de')).toContain('„film.mp4“ ist ein Video.');
});
