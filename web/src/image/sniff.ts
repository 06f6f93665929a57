/** Detects a file's type by its first bytes; its name is ignored. */
export type ImageType = 'image/jpeg' | 'image/png' | 'image/webp';
export type Sniffed =
  | { is: 'image'; type: ImageType; animated: boolean }
  | { is: 'other'; name: string | null };

/** Enough bytes to find a PNG's animation chunk (acTL), which precedes the pixel data. */
export const SNIFFED_BYTES = 65_536;

export function sniff(bytes: Uint8Array): Sniffed {
  const text = (from: number, length: number) => String.fromCharCode(...bytes.subarray(from, from + length));
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return { is: 'image', type: 'image/jpeg', animated: false };
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) {
    return { is: 'image', type: 'image/png', animated: isAnimatedPng(bytes, text) };
  }
  if (text(0, 4) === 'RIFF' && text(8, 4) === 'WEBP') {
    const animated = text(12, 4) === 'VP8X' && ((bytes[20] ?? 0) & 0x02) !== 0;
    return { is: 'image', type: 'image/webp', animated };
  }
  return { is: 'other', name: otherTypeName(text) };
}

function startsWith(bytes: Uint8Array, signature: number[]): boolean {
  return signature.every((byte, at) => bytes[at] === byte);
}

type Text = (from: number, length: number) => string;

function isAnimatedPng(bytes: Uint8Array, text: Text): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 8 <= bytes.length; at += 12 + view.getUint32(at)) {
    const chunk = text(at + 4, 4);
    if (chunk === 'acTL') return true;
    if (chunk === 'IDAT') return false;
  }
  return false;
}

const BRANDS: [RegExp, string][] = [
  [/^(heic|heix|heim|heis|hevc|hevx|mif1|msf1)/, 'HEIC'],
  [/^avi[fs]/, 'AVIF'],
];
const STARTS: [RegExp, string][] = [
  [/^GIF8/, 'GIF'],
  [/^BM/, 'BMP'],
  [/^(II\*\0|MM\0\*)/, 'TIFF'],
  [/^%PDF/, 'PDF'],
  [/^PK/, 'ZIP'],
  [/^\s*(<\?xml[^>]*>\s*)?<svg/i, 'SVG'],
  [/^\s*<(!doctype html|html)/i, 'HTML'],
];

function otherTypeName(text: Text): string | null {
  if (text(4, 4) === 'ftyp') return BRANDS.find(([brand]) => brand.test(text(8, 4)))?.[1] ?? 'video';
  return STARTS.find(([start]) => start.test(text(0, 200)))?.[1] ?? null;
}
