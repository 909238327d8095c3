import { createHash } from 'node:crypto';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { limits } from '../base/limits.ts';

/** A logo as it is kept: an 8-bit PNG of our own making, with none of what else stood in the file. */
export type Logo = { png: Buffer; width: number; height: number };

type Pixels = { width: number; height: number; data: Buffer };

const pngSignature = Buffer.from('89504e470d0a1a0a', 'hex');
const jpegSignature = Buffer.from('ffd8ff', 'hex');

const startsWith = (bytes: Buffer, signature: Buffer) =>
  bytes.subarray(0, signature.length).equals(signature);

const isTooLarge = (width: number, height: number) => Math.max(width, height) > limits.logoPixelsMax;

/** The width and height that a PNG names, before anything of it is unpacked. */
function pngSize(bytes: Buffer): [number, number] {
  return bytes.length < 24 ? [0, 0] : [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

function decode(bytes: Buffer): Pixels | null {
  const max = limits.logoPixelsMax;
  try {
    if (startsWith(bytes, pngSignature)) return PNG.sync.read(bytes);
    const { width, height, data } = jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: true,
      maxResolutionInMP: (max * max) / 1_000_000,
      maxMemoryUsageInMB: 64,
    });
    return { width, height, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) };
  } catch {
    return null;
  }
}

/** The name of a logo: the SHA-256 of its bytes, in hexadecimal. */
export function logoDigest(png: Buffer): string {
  return createHash('sha256').update(png).digest('hex');
}

/**
 * Reads a picture that somebody has chosen as a logo, and makes it anew.
 * @param bytes a PNG or a JPEG, by its own first bytes.
 * @returns a sentence when it is not one that we take.
 */
export function readLogo(bytes: Buffer): Logo | string {
  const isPng = startsWith(bytes, pngSignature);
  if (!isPng && !startsWith(bytes, jpegSignature)) return 'The file is neither a PNG nor a JPEG.';
  const tooLarge = `The picture is larger than ${limits.logoPixelsMax} by ${limits.logoPixelsMax} pixels.`;
  if (isPng && isTooLarge(...pngSize(bytes))) return tooLarge;
  const pixels = decode(bytes);
  if (!pixels || pixels.width < 1 || pixels.height < 1)
    return `The picture cannot be read, or is larger than ${limits.logoPixelsMax} by ${limits.logoPixelsMax} pixels.`;
  const { width, height, data } = pixels;
  if (isTooLarge(width, height)) return tooLarge;
  const made = new PNG({ width, height });
  data.copy(made.data);
  const png = PNG.sync.write(made, { colorType: 6, bitDepth: 8 });
  if (png.length > limits.logoBytesMax)
    return `The picture has too much detail: as a PNG it has more than ${limits.logoBytesMax / 1_024} KiB.`;
  return { png, width, height };
}

/** Where a logo is shown; absolute when the public address is given. */
export function logoPath(publicUrl: string | undefined, tenantId: number, sha256: string): string {
  return `${(publicUrl ?? '').replace(/\/+$/, '')}/logos/${tenantId}/${sha256}.png`;
}
