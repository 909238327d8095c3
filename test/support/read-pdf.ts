import { createCanvas, type Canvas } from '@napi-rs/canvas';
import jsQRModule from 'jsqr';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';

const jsQR = jsQRModule.default ?? jsQRModule;
const fonts = new URL('../../node_modules/pdfjs-dist/standard_fonts/', import.meta.url);

export type PdfPage = {
  text: string;
  qr: string | undefined;
  /** Red, green and blue at a place, in points from the left and from the top. */
  pixelAt(x: number, y: number): number[];
};

/**
 * Reads a PDF back with a library that had no part in making it: each page's text, with single spaces,
 * and its QR code.
 */
export async function readPdf(bytes: Uint8Array): Promise<PdfPage[]> {
  const task = getDocument({ data: new Uint8Array(bytes), standardFontDataUrl: fonts.pathname });
  const document = await task.promise;
  const pages: PdfPage[] = [];
  for (let number = 1; number <= document.numPages; number++) {
    const page = await document.getPage(number);
    const content = await page.getTextContent();
    const strings = content.items.map((item) => ('str' in item ? item.str : ''));
    const viewport = page.getViewport({ scale: 2 });
    const canvas: Canvas = createCanvas(Math.ceil(viewport.width), Math.ceil(viewport.height));
    const context = canvas.getContext('2d');
    await page.render({ canvas: canvas as never, canvasContext: context as never, viewport }).promise;
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
    const text = strings.join(' ').replaceAll(/\s+/g, ' ');
    const pixelAt = (x: number, y: number) => [
      ...context.getImageData(x * 2, y * 2, 1, 1).data.subarray(0, 3),
    ];
    pages.push({ text, qr: jsQR(data, width, height)?.data, pixelAt });
  }
  await task.destroy();
  return pages;
}

type Node = { role?: string; alt?: string; children?: Node[] };

function partsOf(node: Node): { role: string; alt: string | undefined }[] {
  const isPart = node.role !== undefined && node.role !== 'Root' && node.role !== 'Sect';
  if (isPart) return [{ role: node.role!, alt: node.alt }];
  return (node.children ?? []).flatMap(partsOf);
}

/** How a PDF is told to who listens to it: its language, its title, and each page's tagged parts. */
export async function readPdfParts(bytes: Uint8Array) {
  const task = getDocument({ data: new Uint8Array(bytes), standardFontDataUrl: fonts.pathname });
  const document = await task.promise;
  const { info } = await document.getMetadata();
  const { Language: lang, Title: title } = info as { Language?: string; Title?: string };
  const pages = [];
  for (let number = 1; number <= document.numPages; number++) {
    const tree = (await (await document.getPage(number)).getStructTree()) as Node | null;
    pages.push(tree ? partsOf(tree) : []);
  }
  await task.destroy();
  return { lang, title, pages };
}
