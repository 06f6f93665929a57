import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { usage, usedUp } from '../testing/contract.ts';
import { server, renderComponent } from '../testing/page.tsx';
import { networkError, noResponse, ok } from '../testing/server.ts';
import { StartView } from './StartView.tsx';

const USAGE = 'GET /api/ai-image/usage';
const idle = { reading: false, rejection: null, dragging: false };
const image = new File(['image'], 'cat.jpg', { type: 'image/jpeg' });
const busy = () => document.querySelector('[aria-busy=true]');
const left = (remaining: number) => ok({ ...usage(), usage: { used: 20 - remaining, remaining, resetAt: null } });

describe('the drop zone', () => {
  it('shows the accepted formats and the remaining quota', async () => {
    await renderComponent(<StartView {...idle} />);
    expect(screen.getByRole('heading', { level: 1, name: 'Make images larger, sharper, better' })).toBeDefined();
    expect(screen.getByText('Drop an image here')).toBeDefined();
    expect(await screen.findByText('19 images left today')).toBeDefined();
    expect(screen.getByText(/JPEG, PNG or WebP, up to 10 MB\.$/)).toBeDefined();
    expect(busy()).toBeNull();
  });

  it('speaks German', async () => {
    await renderComponent(<StartView {...idle} />, { language: 'de' });
    expect(screen.getByRole('heading', { level: 1, name: 'Bilder größer, schärfer, besser machen' })).toBeDefined();
    expect(await screen.findByText('Heute noch 19 Bilder frei')).toBeDefined();
    expect(screen.getByText(/JPEG, PNG oder WebP, bis 10 MB\.$/)).toBeDefined();
  });

  it('uses the singular for the last image', async () => {
    await renderComponent(<StartView {...idle} />, { server: server().on(USAGE, left(1)) });
    expect(await screen.findByText('1 image left today')).toBeDefined();
  });

  it.each([
    ['still loading', noResponse],
    ['unreachable', networkError],
  ])('shows no number while the quota is %s', async (_, answer) => {
    await renderComponent(<StartView {...idle} />, { server: server().on(USAGE, answer) });
    expect(screen.getByText(/JPEG, PNG or WebP\.$/)).toBeDefined();
    expect(screen.queryByText(/left today/)).toBeNull();
  });

  it('says during a drag that the image can be dropped', async () => {
    await renderComponent(<StartView {...idle} dragging />);
    expect(screen.getByText('Drop to use this image')).toBeDefined();
    expect(screen.queryByText('Drop an image here')).toBeNull();
  });

  it('says that an image is being checked', async () => {
    await renderComponent(<StartView {...idle} reading />);
    expect(screen.getByText('Checking the image…')).toBeDefined();
    expect(busy()).not.toBeNull();
  });

  it('shows its three promises', async () => {
    await renderComponent(<StartView {...idle} />);
    const promises = screen.getAllByRole('listitem').map((item) => item.textContent?.trim());
    expect(promises).toEqual(['No account needed', 'Only you can open your images', 'Images are deleted automatically']);
  });
});

describe('an obstacle', () => {
  it('is a used-up quota, with the time when it resets', async () => {
    await renderComponent(<StartView {...idle} />, { server: server().on(USAGE, ok(usedUp())) });
    const note = await screen.findByRole('alert');
    expect(note.textContent).toContain('You have used 20 of 20 images.');
    expect(note.textContent).toContain('Your quota resets in 24 hours (Nov 23, 2026, 12:00 PM).');
    expect(screen.queryByText('Drop an image here')).toBeNull();
    expect(screen.getByText('0 images left today')).toBeDefined();
  });

  it('is a rejected file, which takes precedence', async () => {
    const from = server().on(USAGE, ok(usedUp()));
    await renderComponent(<StartView {...idle} rejection={{ reason: 'empty', name: 'cat.jpg' }} />, { server: from });
    await screen.findByText('0 images left today');
    const [note, ...more] = screen.getAllByRole('alert');
    expect(note?.textContent).toContain('“cat.jpg” is empty.');
    expect(more).toEqual([]);
  });
});

describe('an image', () => {
  it.each(['Choose an image', 'Take a photo'])('is chosen by “%s”, also the same one again', async (name) => {
    const { user, events } = await renderComponent(<StartView {...idle} />);
    const input = screen.getByLabelText<HTMLInputElement>(name, { selector: 'input' });
    const opened = vi.fn();
    input.addEventListener('click', opened); // this opens the system's file dialog
    screen.getByRole('button', { name }).focus();
    await user.keyboard('{Enter}');
    expect(opened).toHaveBeenCalledOnce();
    await user.upload(input, image);
    await user.upload(input, image);
    expect(events).toEqual([
      { type: 'fileChosen', file: image },
      { type: 'fileChosen', file: image },
    ]);
    expect(input.accept).toBe('image/jpeg,image/png,image/webp');
  });

  it('is taken with the camera only by its own button', async () => {
    await renderComponent(<StartView {...idle} />);
    const capture = (name: string) => screen.getByLabelText(name, { selector: 'input' }).getAttribute('capture');
    expect([capture('Choose an image'), capture('Take a photo')]).toEqual([null, 'environment']);
  });

  it('is not reported if the file dialog is cancelled', async () => {
    const { events } = await renderComponent(<StartView {...idle} />);
    const input = screen.getByLabelText<HTMLInputElement>('Choose an image', { selector: 'input' });
    Object.defineProperty(input, 'files', { value: [], configurable: true });
    fireEvent.change(input);
    expect(events).toEqual([]);
  });
});

describe('the samples', () => {
  const samples = (title: string) => within(screen.getByRole('region', { name: title }));

  it.each([
    ['Use the sample image: cat', 'cat.jpg'],
    ['Use the sample image: coffee', 'coffee.webp'],
    ['Use the sample image: astronaut', 'astronaut.png'],
  ])('are handled like any file: %s', async (name, file) => {
    const from = server().on(`GET /samples/${file}`, async () => new Response('bytes'));
    const { user, events } = await renderComponent(<StartView {...idle} />, { server: from });
    await user.click(samples('Or try a sample image').getByRole('button', { name }));
    await waitFor(() => expect(events).toHaveLength(1));
    const [event] = events;
    if (event?.type !== 'fileChosen') throw new Error(`unexpected ${event?.type}`);
    expect(event.file.name).toBe(file);
    expect(await event.file.text()).toBe('bytes');
  });

  it.each([
    ['no network', networkError],
    ['a server that has none', async () => new Response('', { status: 404 })],
  ])('explain that loading failed because of %s', async (_, answer) => {
    const from = server().on('GET /samples/cat.jpg', answer);
    const { user, events } = await renderComponent(<StartView {...idle} />, { server: from, language: 'de' });
    await user.click(samples('Oder ein Beispielbild ausprobieren').getByRole('button', { name: 'Beispielbild verwenden: Katze' }));
    await waitFor(() =>
      expect(events).toEqual([{ type: 'sampleFailed', rejection: { reason: 'unreachable', name: 'cat.jpg' } }]),
    );
  });
});
