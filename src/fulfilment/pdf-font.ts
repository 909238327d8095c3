import PDFDocument from 'pdfkit';
import { winAnsiByte } from './win-ansi.ts';

export type Pdf = InstanceType<typeof PDFDocument>;
export type FontName = 'Helvetica' | 'Helvetica-Bold';

/** The fonts' names inside a page's content. */
export const fontTags: Record<FontName, string> = { Helvetica: 'R', 'Helvetica-Bold': 'B' };

/** How far the letters of both fonts reach above the baseline, in thousandths of their size. */
export const ascender = 718;

// pdfkit builds each font's table of kerning pairs anew for every document, which is a third of the
// time of drawing a ticket (1.0 of 2.7 ms). So one document that is never written measures for all.
let measuring: Pdf | undefined;

const unknown = 32_767;
/** By WinAnsi byte, and by two of them, in thousandths of the font's size. */
type Metrics = { widths: Int16Array; kerns: Int16Array };
const metrics: Record<FontName, Metrics> = {
  Helvetica: { widths: new Int16Array(256).fill(unknown), kerns: new Int16Array(65_536).fill(unknown) },
  'Helvetica-Bold': {
    widths: new Int16Array(256).fill(unknown),
    kerns: new Int16Array(65_536).fill(unknown),
  },
};

function measure(font: FontName, chars: string): number {
  measuring ??= new PDFDocument({ autoFirstPage: false });
  return Math.round(measuring.font(font, 1000).widthOfString(chars));
}

function widthOfChar(font: FontName, text: string, i: number): number {
  const { widths } = metrics[font];
  const byte = winAnsiByte(text, i);
  if (widths[byte] === unknown) widths[byte] = measure(font, text.charAt(i));
  return widths[byte] ?? 0;
}

/** How far a character moves towards the one before it; negative where it moves away. */
function kerning(font: FontName, text: string, i: number): number {
  const { kerns } = metrics[font];
  const pair = winAnsiByte(text, i - 1) * 256 + winAnsiByte(text, i);
  if (kerns[pair] === unknown) {
    const apart = widthOfChar(font, text, i - 1) + widthOfChar(font, text, i);
    kerns[pair] = apart - measure(font, text.slice(i - 1, i + 1));
  }
  return kerns[pair] ?? 0;
}

/** The width of a text in points. Its characters are those of WinAnsi. */
export function widthOf(text: string, font: FontName, size: number): number {
  let width = 0;
  for (let i = 0; i < text.length; i++) {
    width += widthOfChar(font, text, i);
    if (i > 0) width -= kerning(font, text, i);
  }
  return (width * size) / 1000;
}

/** A text with its kerning as the operand of PDF's TJ operator. */
export function encodeText(text: string, font: FontName): string {
  let operand = '[<';
  for (let i = 0; i < text.length; i++) {
    const kern = i > 0 ? kerning(font, text, i) : 0;
    if (kern !== 0) operand += `>${kern}<`;
    operand += winAnsiByte(text, i).toString(16).padStart(2, '0');
  }
  return `${operand}>]`;
}

/** Makes the two standard fonts known to a document; `useFonts` makes them known to a page. */
export function addFonts(pdf: Pdf): Record<string, unknown> {
  const fonts: Record<string, unknown> = {};
  for (const [name, tag] of Object.entries(fontTags)) {
    const font = pdf.ref({ Type: 'Font', BaseFont: name, Subtype: 'Type1', Encoding: 'WinAnsiEncoding' });
    font.end(undefined);
    fonts[tag] = font;
  }
  return fonts;
}

/** Makes the document's fonts known to its current page. */
export function useFonts(pdf: Pdf, fonts: Record<string, unknown>): void {
  Object.assign(pdf.page.fonts, fonts);
}
