import { writeFileSync } from 'node:fs';
import encodeQR from 'qr';

const width = 640;
const height = 480;
const margin = 40;
const frames = 20;

/** Writes a film for Chromium's camera of tests (YUV4MPEG2): a QR code, large and still. */
export function writeCameraFilm(file: string, code: string): void {
  const modules = encodeQR(code, 'raw', { ecc: 'medium', border: 2 });
  const scale = Math.floor((height - 2 * margin) / modules.length);
  const left = (width - scale * modules.length) >> 1;
  const top = (height - scale * modules.length) >> 1;
  const luma = Buffer.alloc(width * height, 235);
  for (const [y, row] of modules.entries())
    for (const [x, isDark] of row.entries())
      if (isDark)
        for (let line = 0; line < scale; line++) {
          const at = (top + y * scale + line) * width + left + x * scale;
          luma.fill(16, at, at + scale);
        }
  // Without colour.
  const chroma = Buffer.alloc((width * height) / 2, 128);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), luma, chroma]);
  const head = Buffer.from(`YUV4MPEG2 W${width} H${height} F15:1 Ip A1:1 C420jpeg\n`);
  writeFileSync(file, Buffer.concat([head, ...Array.from({ length: frames }, () => frame)]));
}
