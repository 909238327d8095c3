import { createCanvas } from '@napi-rs/canvas';

type Picture = { width: number; height: number; type?: 'image/png' | 'image/jpeg' };

/** A picture of one colour, as a library makes it that has no part in reading it: `rgb(200, 10, 30)`. */
export function samplePicture({ width, height, type = 'image/png' }: Picture): Buffer {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = 'rgb(200, 10, 30)';
  context.fillRect(0, 0, width, height);
  return type === 'image/png' ? canvas.toBuffer('image/png') : canvas.toBuffer('image/jpeg');
}
