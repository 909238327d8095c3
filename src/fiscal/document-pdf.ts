import PDFDocument from 'pdfkit';
import { printRows, titleOf, type PrintRow } from './document-text.ts';
import type { FiscalDocument } from './fiscal-document.ts';

type Pdf = InstanceType<typeof PDFDocument>;

// In points, of which 72 are an inch; the page is A5.
const margin = 40;
const amountWidth = 90;
const sizes = { title: 14, strong: 10.5, text: 9, small: 6.5, pair: 9, sum: 11 } as const;

function drawRow(pdf: Pdf, row: PrintRow): void {
  const width = pdf.page.width - 2 * margin;
  if (row.kind === 'rule') {
    pdf.moveDown(0.5);
    pdf
      .moveTo(margin, pdf.y)
      .lineTo(margin + width, pdf.y)
      .lineWidth(0.5)
      .stroke('#8a8f9c');
    pdf.moveDown(0.5);
    return;
  }
  const isBold = row.kind === 'title' || row.kind === 'strong' || row.kind === 'sum';
  pdf
    .font(isBold ? 'Helvetica-Bold' : 'Helvetica')
    .fontSize(sizes[row.kind])
    .fillColor('#1b1e27');
  if ('text' in row) {
    pdf.text(row.text, margin, pdf.y, { width });
    return;
  }
  const leftWidth = width - amountWidth;
  const height = pdf.heightOfString(row.left, { width: leftWidth });
  if (pdf.y + height > pdf.page.height - margin) pdf.addPage();
  const top = pdf.y;
  pdf.text(row.left, margin, top, { width: leftWidth });
  const bottom = pdf.y;
  pdf.text(row.right, margin + leftWidth, top, { width: amountWidth, align: 'right' });
  pdf.y = bottom;
}

/** Draws a document on pages of A5. The same document gives the same bytes, so that no PDF is ever stored. */
export function drawDocument(document: FiscalDocument): Promise<Buffer> {
  const title = titleOf(document);
  const pdf = new PDFDocument({
    size: 'A5',
    margin,
    lang: document.locale,
    displayTitle: true,
    info: {
      Title: title,
      Author: document.seller.legalName,
      Creator: 'Taquilla',
      Producer: 'Taquilla',
      CreationDate: document.issuedAt,
      ModDate: document.issuedAt,
    },
  });
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', () => resolve(Buffer.concat(chunks)));
    pdf.on('error', reject);
    for (const row of printRows(document)) drawRow(pdf, row);
    pdf.end();
  });
}
