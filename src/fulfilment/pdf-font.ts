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
const measured = new Map<string, number>();

/** The width of one or two characters, in thousandths of the font's size. */
function measure(font: FontName, chars: string): number {
  const key = `${fontTags[font]}${chars}`;
  const known = measured.get(key);
  if (known !== undefined) return known;
  measuring ??= new PDFDocument({ autoFirstPage: false });
  const width = measuring.font(font, 1000).widthOfString(chars);
  measured.set(key, width);
  return width;
}

/** How far two characters move together; negative where they move apart. */
function kerning(font: FontName, left: string, right: string): number {
  return Math.round(measure(font, left) + measure(font, right) - measure(font, left + right));
}

/** The width of a text in points. Its characters are those of WinAnsi, one UTF-16 unit each. */
export function widthOf(text: string, font: FontName, size: number): number {
  let width = 0;
  for (let i = 0; i < text.length; i++) {
    width += measure(font, text.charAt(i));
    if (i > 0) width -= kerning(font, text.charAt(i - 1), text.charAt(i));
  }
  return (width * size) / 1000;
}

/** A text with its kerning as the operand of PDF's TJ operator. */
export function encodeText(text: string, font: FontName): string {
  let operand = '[<';
  for (let i = 0; i < text.length; i++) {
    const kern = i > 0 ? kerning(font, text.charAt(i - 1), text.charAt(i)) : 0;
    if (kern !== 0) operand += `>${kern}<`;
    operand += winAnsiByte(text.charAt(i)).toString(16).padStart(2, '0');
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
