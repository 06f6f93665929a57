import { sniff, SNIFFED_BYTES, type ImageType } from './sniff.ts';

/** A chosen file that passed all checks; `width` and `height` are those of the upright image. */
export type Original = { file: File; name: string; type: ImageType; width: number; height: number; url: string };

export type FileRejection =
  | { reason: 'empty' | 'animated' | 'damaged' | 'unreachable'; name: string }
  | { reason: 'unsupported'; name: string; actual: string | null }
  | { reason: 'tooLarge'; name: string; bytes: number; maxBytes: number };

/** Checks a file in the browser, before anything is sent. */
export async function readOriginal(file: File, maxBytes: number | null): Promise<Original | FileRejection> {
  const name = file.name || 'image';
  if (file.size === 0) return { reason: 'empty', name };
  const sniffed = sniff(new Uint8Array(await file.slice(0, SNIFFED_BYTES).arrayBuffer()));
  if (sniffed.is === 'other') return { reason: 'unsupported', name, actual: sniffed.name };
  if (sniffed.animated) return { reason: 'animated', name };
  if (maxBytes !== null && file.size > maxBytes) return { reason: 'tooLarge', name, bytes: file.size, maxBytes };
  const url = URL.createObjectURL(file);
  const size = await decodedSize(url, false);
  if (size) return { file, name, type: sniffed.type, url, ...size };
  URL.revokeObjectURL(url);
  return { reason: 'damaged', name };
}

export type Size = { width: number; height: number };

/** Decodes an image in the browser and returns its upright size; null if it can't be decoded. */
export async function decodedSize(url: string, crossOrigin: boolean): Promise<Size | null> {
  const image = new Image();
  if (crossOrigin) image.crossOrigin = 'anonymous';
  image.src = url;
  try {
    await image.decode();
  } catch {
    return null;
  }
  return { width: image.naturalWidth, height: image.naturalHeight };
}
