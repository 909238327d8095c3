import { deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';

/** A logo as a PDF holds it: its colours and its opacity, each packed. Width and height in pixels. */
export type LogoDrawing = { width: number; height: number; colours: Buffer; opacity: Buffer };

/** Unpacks a logo once, so that each document only copies bytes. */
export function drawLogo(png: Buffer): LogoDrawing {
  const { width, height, data } = PNG.sync.read(png);
  const count = width * height;
  const colours = Buffer.alloc(count * 3);
  const opacity = Buffer.alloc(count);
  for (let i = 0; i < count; i++) {
    data.copy(colours, i * 3, i * 4, i * 4 + 3);
    opacity[i] = data[i * 4 + 3]!;
  }
  return { width, height, colours: deflateSync(colours), opacity: deflateSync(opacity) };
}
