import { sniff, SNIFFED_BYTES, type ImageType } from './sniff.ts';

/** The original that a person chose; `width` and `height` are those of the upright image. */
export type Original = { file: File; name: string; type: ImageType; width: number; height: number; url: string };

export type FileRejection =
  | { reason: 'empty' | 'animated' | 'damaged' | 'unreachable'; name: string }
  | { reason: 'unsupported'; name: string; actual: string | null }
  | { reason: 'tooLarge'; name: string; bytes: number; maxBytes: number };

/** Everything that can be said about a file before it is sent anywhere. */
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

/** The upright size of an image once the browser has decoded it; null when it can't. */
export async function decodedSize(url: string, shared: boolean): Promise<Size | null> {
  const image = new Image();
  if (shared) image.crossOrigin = 'anonymous';
  image.src = url;
  try {
    await image.decode();
  } catch {
    return null;
  }
  return { width: image.naturalWidth, height: image.naturalHeight };
}
