type Rgb = readonly [number, number, number];

let probe: CanvasRenderingContext2D | null = null;

/** Any CSS colour that a plan may carry, read by the browser itself. */
export function rgbOf(color: string): Rgb {
  probe ??= document.createElement('canvas').getContext('2d');
  if (probe === null) return [128, 128, 128];
  probe.fillStyle = '#808080'; // Stays when the browser does not understand the colour.
  probe.fillStyle = color;
  const read = probe.fillStyle;
  if (read.startsWith('#')) {
    const value = parseInt(read.slice(1), 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  }
  const [red = 128, green = 128, blue = 128] = (read.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}

function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(one: Rgb, other: Rgb): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return [0, 1, 2].map((i) => Math.round(from[i]! + (to[i]! - from[i]!) * share)) as never as Rgb;
}

export const css = (color: Rgb): string => `rgb(${color.join(' ')})`;

/** The colour, moved towards the ink just far enough to be told from the paper. */
export function against(paper: Rgb, ink: Rgb, color: Rgb, least: number): Rgb {
  for (let share = 0; share < 1; share += 0.1) {
    const moved = mix(color, ink, share);
    if (contrast(moved, paper) >= least) return moved;
  }
  return ink;
}

const black: Rgb = [20, 17, 15];
const white: Rgb = [255, 255, 255];

export function inkOn(color: Rgb): Rgb {
  return contrast(white, color) >= contrast(black, color) ? white : black;
}
