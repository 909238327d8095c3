import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { PNG } from 'pngjs';
import { limits } from '../src/base/limits.ts';
import { logoDigest, readLogo, type Logo } from '../src/notifications/logo.ts';
import { samplePicture } from './support/sample-picture.ts';

function read(bytes: Buffer): Logo {
  const logo = readLogo(bytes);
  assert.ok(typeof logo === 'object');
  return logo;
}

/** A PNG with one more chunk before its end: `type` and what it holds. */
function withChunk(png: Buffer, type: string, data: string): Buffer {
  const body = Buffer.from(type + data, 'latin1');
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([png.subarray(0, -12), length, body, sum, png.subarray(-12)]);
}

test('a PNG and a JPEG become a PNG of the same picture, and the same file the same bytes', async () => {
  for (const type of ['image/png', 'image/jpeg'] as const) {
    const file = samplePicture({ width: 120, height: 40, type });
    const logo = read(file);
    assert.deepEqual([logo.width, logo.height], [120, 40]);
    assert.equal(logoDigest(read(file).png), logoDigest(logo.png));
    const canvas = createCanvas(120, 40);
    const context = canvas.getContext('2d');
    context.drawImage(await loadImage(logo.png), 0, 0);
    const [r, g, b] = context.getImageData(60, 20, 1, 1).data;
    assert.ok(Math.abs(r! - 200) < 4 && g! < 24 && Math.abs(b! - 30) < 8, `${type}: ${r} ${g} ${b}`);
  }
});

test('nothing else that a file held is kept', () => {
  const file = withChunk(samplePicture({ width: 10, height: 10 }), 'tEXt', 'Author\0secret <script>');
  assert.ok(file.includes('secret'));
  assert.ok(!read(file).png.includes('secret'));
});

test('a file that is none, broken, too large or too detailed is refused with a sentence, before it is unpacked', () => {
  const png = samplePicture({ width: 20, height: 20 });
  const bomb = Buffer.from(png);
  bomb.writeUInt32BE(60_000, 16);
  bomb.writeUInt32BE(60_000, 20);
  const noise = new PNG({ width: 600, height: 600 });
  for (let i = 0, n = 1; i < noise.data.length; i++) noise.data[i] = (n = (n * 48_271) % 2_147_483_647) & 255;
  const wide = samplePicture({ width: limits.logoPixelsMax + 1, height: 10 });
  const wideJpeg = samplePicture({ width: limits.logoPixelsMax + 1, height: 10, type: 'image/jpeg' });
  for (const [file, words] of [
    [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), /neither a PNG nor a JPEG/],
    [Buffer.alloc(0), /neither/],
    [png.subarray(0, 8), /cannot be read/],
    [png.subarray(0, 60), /cannot be read/],
    [Buffer.from('ffd8ffe000104a464946', 'hex'), /cannot be read/],
    [bomb, /larger than 600 by 600/],
    [wide, /larger than 600 by 600/],
    [wideJpeg, /larger than 600 by 600/],
    [PNG.sync.write(noise), /too much detail/],
  ] as const) {
    const answer = readLogo(file);
    assert.ok(typeof answer === 'string');
    assert.match(answer, words);
  }
});
