import { against, contrast, css, inkOn, mix, rgbOf } from './colors.ts';

type Rgb = ReturnType<typeof rgbOf>;

export type Palette = {
  paper: Rgb;
  ink: Rgb;
  accent: Rgb;
  /** Neutral, for what nobody can buy. */
  taken: string;
  /** By category: the seat's own colour and the colour of the number on it. */
  fills: string[];
  numbers: string[];
  area: (color: string | null) => Rgb;
  inkOn: (ground: Rgb) => Rgb;
};

const seatContrastMin = 2.2;

/** The theme's colours as the style sheet has them now, and the plan's, fitted to the theme. */
export function readPalette(element: Element, categories: readonly { color: string }[]): Palette {
  const style = getComputedStyle(element);
  const token = (name: string): Rgb => rgbOf(style.getPropertyValue(name).trim());
  const paper = token('--hall');
  const ink = token('--ink');
  const fills = categories.map(({ color }) => against(paper, ink, rgbOf(color), seatContrastMin));
  const isDark = contrast(paper, [255, 255, 255]) > contrast(paper, [0, 0, 0]);
  return {
    paper,
    ink,
    accent: token('--accent'),
    taken: css(mix(paper, ink, 0.42)),
    fills: fills.map(css),
    numbers: fills.map((fill) => css(inkOn(fill))),
    area: (color) => areaColor(rgbOf(color ?? '#888'), paper, isDark),
    inkOn,
  };
}

/** Plans are drawn for white paper; at night their areas would glare, the pale ones most. */
function areaColor(color: Rgb, paper: Rgb, isDark: boolean): Rgb {
  if (!isDark) return color;
  return mix(color, paper, contrast(color, paper) > 6 ? 0.78 : 0.35);
}
