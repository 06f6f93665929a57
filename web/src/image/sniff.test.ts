import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sniff } from './sniff.ts';

const sample = (name: string) => new Uint8Array(readFileSync(new URL(`../../../samples/${name}`, import.meta.url)));
const text = (content: string) => Uint8Array.from(content, (character) => character.charCodeAt(0));

/** A PNG with these chunks, all empty. */
const png = (...chunks: string[]) =>
  text(`\x89PNG\r\n\x1a\n${chunks.map((name) => `\0\0\0\0${name}\0\0\0\0`).join('')}`);

describe('an image is detected by its content', () => {
  it.each([
    ['cat.jpg', 'image/jpeg'],
    ['astronaut.png', 'image/png'],
    ['coffee.webp', 'image/webp'],
  ])('%s is %s', (name, type) => {
    expect(sniff(sample(name))).toEqual({ is: 'image', type, animated: false });
  });

  it('detects an animated PNG, by a chunk before its pixel data', () => {
    expect(sniff(png('IHDR', 'acTL', 'IDAT'))).toMatchObject({ animated: true });
    expect(sniff(png('IHDR', 'IDAT', 'acTL'))).toMatchObject({ animated: false });
    expect(sniff(png('IHDR'))).toMatchObject({ animated: false });
  });

  it('detects an animated WebP', () => {
    expect(sniff(text('RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02'))).toMatchObject({ type: 'image/webp', animated: true });
    expect(sniff(text('RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x10'))).toMatchObject({ type: 'image/webp', animated: false });
  });
});

describe('other known types are named', () => {
  it.each([
    ['\0\0\0\x18ftypheic\0\0\0\0', 'HEIC'],
    ['\0\0\0\x18ftypmif1\0\0\0\0', 'HEIC'],
    ['\0\0\0\x18ftypavif\0\0\0\0', 'AVIF'],
    ['\0\0\0\x18ftypisom\0\0\0\0', 'video'],
    ['GIF89a', 'GIF'],
    ['BM......', 'BMP'],
    ['II*\0', 'TIFF'],
    ['MM\0*', 'TIFF'],
    ['%PDF-1.7', 'PDF'],
    ['PK\x03\x04', 'ZIP'],
    ['<?xml version="1.0"?>\n<svg>', 'SVG'],
    ['<!doctype html>', 'HTML'],
    ['plain words', null],
    ['', null],
    ['RIFF\0\0\0\0WAVE', null],
  ])('%j is %s', (content, name) => {
    expect(sniff(text(content))).toEqual({ is: 'other', name });
  });
});
