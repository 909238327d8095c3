import { ascender, encodeText, fontTags, widthOf, type FontName, type Pdf } from './pdf-font.ts';

export type TextStyle = {
  font: FontName;
  size: number;
  /** `#rrggbb` */
  color: string;
};

/** A text cut into lines that fit a width at a size. */
export type FittedText = { size: number; lines: string[] };

/** Cuts a word that is wider than a line after its last character that fits. */
function cutWord(word: string, font: FontName, size: number, width: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const char of word) {
    if (piece && widthOf(piece + char, font, size) > width) {
      pieces.push(piece);
      piece = '';
    }
    piece += char;
  }
  return [...pieces, piece];
}

function breakLines(text: string, font: FontName, size: number, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line ? `${line} ${word}` : word;
    if (widthOf(longer, font, size) <= width) {
      line = longer;
      continue;
    }
    if (line) lines.push(line);
    const pieces = cutWord(word, font, size, width);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
  }
  return [...lines, line];
}

/**
 * Cuts a text into lines by the first of the given forms that it fits, best form first: a form is a
 * size and the most lines at it. In the last one, what is too much is cut off with an ellipsis.
 */
export function fitText(
  text: string,
  font: FontName,
  forms: readonly (readonly [size: number, linesMax: number])[],
  width: number,
): FittedText {
  let fitted: FittedText = { size: 0, lines: [] };
  let room = 0;
  for (const [size, linesMax] of forms) {
    room = linesMax;
    fitted = { size, lines: breakLines(text, font, size, width) };
    if (fitted.lines.length <= linesMax) return fitted;
  }
  const lines = fitted.lines.slice(0, room);
  let last = lines.pop() ?? '';
  while (last && widthOf(`${last}…`, font, fitted.size) > width) last = last.slice(0, -1);
  return { size: fitted.size, lines: [...lines, `${last.trimEnd()}…`] };
}

/** A number as PDF writes it, to a hundredth of a point. */
export function two(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function channels(color: string): string {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255].map((channel) => two(channel / 255)).join(' ');
}

/** Where a line starts, or which width it stands in the middle or at the end of; y is its upper edge. */
export type Position = { x: number; y: number; align?: 'right' | 'center'; width?: number };

/** Writes one line as it is: the caller knows that it fits. */
export function writeLine(
  pdf: Pdf,
  text: string,
  { x, y, align, width = 0 }: Position,
  style: TextStyle,
): void {
  const { font, size, color } = style;
  const free = align ? width - widthOf(text, font, size) : 0;
  const start = two(x + (align === 'center' ? free / 2 : free));
  const baseline = two(y + (ascender * size) / 1000);
  // The page's y axis points down, so the letters are turned back up.
  pdf.addContent(
    `BT ${channels(color)} rg /${fontTags[font]} ${size} Tf 1 0 0 -1 ${start} ${baseline} Tm ${encodeText(text, font)} TJ ET`,
  );
}

/** Writes fitted lines below each other. */
export function writeLines(
  pdf: Pdf,
  fitted: FittedText,
  position: Position,
  style: Omit<TextStyle, 'size'>,
  lineHeight = 1.14,
): void {
  for (const [i, line] of fitted.lines.entries()) {
    const y = position.y + i * fitted.size * lineHeight;
    writeLine(pdf, line, { ...position, y }, { ...style, size: fitted.size });
  }
}
