import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCanvas } from '@napi-rs/canvas';
import { readImage } from '../src/catalog/image.ts';

test('a picture tells by its bytes what it is and how large', () => {
  const canvas = createCanvas(37, 21);
  for (const mediaType of ['image/png', 'image/jpeg', 'image/webp'] as const) {
    const bytes = canvas.toBuffer(mediaType as 'image/png');
    assert.deepEqual(readImage(bytes), { mediaType, width: 37, height: 21 }, mediaType);
    assert.equal(readImage(bytes.subarray(0, 8)), null);
  }
});

test('what is no picture is none, whatever it calls itself', () => {
  for (const text of [
    '',
    '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'GIF89a',
    '\xff\xd8\xff\xff',
    'RIFFxxxxWEBP',
  ]) {
    assert.equal(readImage(Buffer.from(text, 'latin1')), null, text);
  }
  assert.equal(readImage(Buffer.alloc(64, 0xff)), null);
});
