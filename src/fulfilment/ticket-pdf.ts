import PDFDocument from 'pdfkit';
import { assert } from '../base/assert.ts';
import { inkOn } from '../notifications/brand.ts';
import { isHeld, type Sale, type SaleItem } from '../orders/sale.ts';
import { addFonts, useFonts, type Pdf } from './pdf-font.ts';
import { fitText, two, writeLine, writeLines, type FittedText, type TextStyle } from './pdf-text.ts';
import { toWinAnsi } from './win-ansi.ts';
import type { HallMap } from './hall-map.ts';
import type { LogoDrawing } from './logo-drawing.ts';
import { qrMatrix } from './qr-modules.ts';
import { plainLook, type TicketLook } from './ticket-look.ts';
import { ticketCodeOf } from './sale-ticket.ts';
import { eventPalette, type Palette } from './ticket-palette.ts';
import { ticketText, type TicketText } from './ticket-text.ts';

// A page is one ticket of the shape of a telephone, so that it fills the screen; in points, of which
// 72 are an inch.
const page = { width: 360, height: 660 };
const card = { x: 14, y: 14, width: 332, height: 632, radius: 14 };
const termsLine = 8;
const left = card.x + 22;
const inner = card.width - 44;
const headHeight = 196;
/** Without a map; one moves what is below it down. */
const tearAt = card.y + 366;
const notchRadius = 9;
const qrSize = 188;
const logoBox = { width: 150, height: 30 };
const logoPlate = 6;

const ink = '#1b1e27';
const muted = '#6c7280';
const paper = '#eceef2';

const label: TextStyle = { font: 'Helvetica', size: 7.5, color: muted };

/** The dark modules of a QR code as one path of horizontal runs, in the page's flipped coordinates. */
function qrPath(code: string, x: number, y: number, size: number): string {
  const modules = qrMatrix(code);
  const count = modules.length;
  const unit = size / count;
  let path = '';
  for (let row = 0; row < count; row++) {
    let start = -1;
    for (let column = 0; column <= count; column++) {
      const dark = column < count && modules[row]?.[column] === true;
      if (dark && start < 0) start = column;
      if (dark || start < 0) continue;
      const [rx, ry] = [two(x + start * unit), two(y + row * unit)];
      path += `${rx} ${ry} ${two((column - start) * unit)} ${two(unit)} re `;
      start = -1;
    }
  }
  return `${path}f`;
}

/** Rows of a house around its stage, as the ground of the title: dotted arcs. */
function drawSeatRows(pdf: Pdf, headInk: string): void {
  pdf.save();
  pdf.rect(card.x, card.y, card.width, headHeight).clip();
  pdf.strokeColor(headInk).strokeOpacity(0.09).lineWidth(6).lineCap('round').dash(0.1, { space: 13 });
  for (let row = 0; row < 9; row++) {
    pdf.circle(card.x + card.width - 62, card.y + headHeight + 36, 78 + row * 19);
  }
  pdf.stroke().restore();
}

/** What a document's pages share. */
type Canvas = {
  pdf: Pdf;
  fonts: Record<string, unknown>;
  look: TicketLook;
  palette: Palette;
  /** What can be read on the palette's deep colour. */
  headInk: string;
  terms: FittedText;
  /** By how much the map and the terms lengthen a page, in points. */
  mapSpace: number;
  termsSpace: number;
  /** The hall and the logo as drawings of the document that each page shows. */
  hall: unknown;
  logo: unknown;
};

function drawCard({ pdf, palette, mapSpace, termsSpace, headInk }: Canvas): void {
  const { x, y, width, radius } = card;
  const height = card.height + mapSpace + termsSpace;
  const tearY = tearAt + mapSpace;
  pdf.rect(0, 0, page.width, page.height + mapSpace + termsSpace).fill(paper);
  pdf.roundedRect(x, y, width, height, radius).fill('#ffffff');
  pdf.save();
  pdf.roundedRect(x, y, width, height, radius).clip();
  pdf.rect(x, y, width, headHeight).fill(palette.deep);
  drawSeatRows(pdf, headInk);
  pdf.restore();
  pdf.rect(x, y + headHeight, width, 4).fill(palette.glow);
  pdf
    .circle(x, tearY, notchRadius)
    .circle(x + width, tearY, notchRadius)
    .fill(paper);
  pdf.moveTo(x + 18, tearY).lineTo(x + width - 18, tearY);
  pdf.lineWidth(1).dash(3, { space: 4 }).stroke('#c3c7d1').undash();
}

/** The logo on a plate of its own, so that it is seen on any colour. */
function drawSellerLogo({ pdf, logo }: Canvas, { width, height }: LogoDrawing): void {
  const scale = Math.min(logoBox.width / width, logoBox.height / height);
  const [w, h] = [width * scale, height * scale];
  const [x, y] = [left + logoPlate, card.y + 14 + logoPlate];
  pdf.roundedRect(left, card.y + 14, w + 2 * logoPlate, h + 2 * logoPlate, 5).fill('#ffffff');
  pdf.page.xobjects['Logo'] = logo;
  // Pictures lie the other way round than the flipped page.
  pdf.save().addContent(`${two(w)} 0 0 ${two(-h)} ${two(x)} ${two(y + h)} cm /Logo Do`);
  pdf.restore();
}

function drawCount({ pdf, headInk }: Canvas, text: TicketText): void {
  const top = { x: left, y: card.y + 22, width: inner, align: 'right' } as const;
  writeLine(pdf, text.place, top, { font: 'Helvetica', size: 8.5, color: headInk });
}

function drawSeller({ pdf, headInk }: Canvas, text: TicketText): void {
  const top = { x: left, y: card.y + 22, width: inner };
  const seller = fitText(
    text.seller.toUpperCase(),
    'Helvetica-Bold',
    [
      [8.5, 1],
      [7, 1],
    ],
    inner - 90,
  );
  writeLines(pdf, seller, top, { font: 'Helvetica-Bold', color: headInk });
}

function drawTitle({ pdf, headInk }: Canvas, text: TicketText): void {
  const titleForms = [
    [30, 1],
    [28, 2],
    [25, 2],
    [22, 3],
    [19, 3],
    [16, 4],
  ] as const;
  const title = fitText(text.event, 'Helvetica-Bold', titleForms, inner);
  const titleY = card.y + headHeight - 58 - title.lines.length * title.size * 1.12;
  writeLines(pdf, title, { x: left, y: titleY }, { font: 'Helvetica-Bold', color: headInk }, 1.12);
}

function drawDay({ pdf, palette }: Canvas, text: TicketText): void {
  const when = `${text.day}  ·  ${text.time}`;
  const day = fitText(
    when,
    'Helvetica-Bold',
    [
      [12.5, 1],
      [11.5, 1],
      [10.5, 1],
      [10, 2],
    ],
    inner,
  );
  const y = card.y + headHeight - 40;
  writeLines(pdf, day, { x: left, y }, { font: 'Helvetica-Bold', color: palette.glow }, 1.3);
}

function drawVenue(pdf: Pdf, text: TicketText): void {
  const y = card.y + headHeight + 22;
  const venue = fitText(
    text.venue,
    'Helvetica-Bold',
    [
      [14, 1],
      [12, 1],
      [10.5, 2],
    ],
    inner,
  );
  writeLines(pdf, venue, { x: left, y }, { font: 'Helvetica-Bold', color: ink });
  const addressY = y + venue.lines.length * venue.size * 1.14 + 3;
  const addressForms = [
    [9, 1],
    [8, venue.lines.length > 1 ? 1 : 2],
  ] as const;
  const address = fitText(text.address, 'Helvetica', addressForms, inner);
  writeLines(pdf, address, { x: left, y: addressY }, { font: 'Helvetica', color: muted });
}

/** Zone, row and seat in three columns; the zone has what the other two leave. */
function drawSeat(pdf: Pdf, text: TicketText): void {
  const y = card.y + headHeight + 70;
  const narrow = 76;
  const forms = [
    [28, 1],
    [24, 1],
    [20, 1],
    [14, 2],
    [11, 2],
  ] as const;
  let x = left;
  for (const [i, field] of text.seat.entries()) {
    const width = i === 0 ? inner - narrow * (text.seat.length - 1) : narrow;
    writeLine(pdf, field.label.toUpperCase(), { x, y }, label);
    const value = fitText(field.value, 'Helvetica-Bold', forms, width - 12);
    const height = value.lines.length * value.size * 1.1;
    writeLines(pdf, value, { x, y: y + 27 - height / 2 }, { font: 'Helvetica-Bold', color: ink }, 1.1);
    x += width;
  }
}

function drawFacts(pdf: Pdf, text: TicketText): void {
  const y = card.y + headHeight + 124;
  const shares = [0.44, 0.26, 0.3];
  const forms = [
    [10, 1],
    [9, 1],
    [8, 2],
  ] as const;
  let x = left;
  for (const [i, field] of text.facts.entries()) {
    const width = inner * (shares[i] ?? 0);
    writeLine(pdf, field.label.toUpperCase(), { x, y }, label);
    const value = fitText(field.value, 'Helvetica', forms, width - 8);
    writeLines(pdf, value, { x, y: y + 12 }, { font: 'Helvetica', color: ink });
    x += width;
  }
}

/** The kind of ticket, between the facts and the map or the tear. */
function drawKind({ pdf, palette }: Canvas, text: TicketText): void {
  const forms = [
    [9, 1],
    [8, 1],
  ] as const;
  const kind = fitText(text.kind, 'Helvetica-Bold', forms, inner);
  writeLines(
    pdf,
    kind,
    { x: left, y: card.y + headHeight + 156 },
    { font: 'Helvetica-Bold', color: palette.deep },
  );
}

/** The hall with this ticket's place: a seat as a dot in a ring, a zone as its area. */
function drawPlace({ pdf, palette, hall }: Canvas, map: HallMap, text: TicketText, item: SaleItem): void {
  const y = card.y + headHeight + 168;
  writeLine(pdf, text.mapTitle.toUpperCase(), { x: left, y }, label);
  const [x0, y0] = [left + (inner - map.width) / 2, y + 14];
  pdf.page.xobjects['Hall'] = hall;
  const seat = item.seat && map.seat(item.seat.seatNo);
  const zone = item.seat ? null : map.zone(item.zoneNo);
  pdf.save();
  pdf.translate(x0, y0).addContent('/Hall Do');
  if (zone !== null) pdf.fillColor(palette.deep).addContent(`${zone} f`);
  if (seat) {
    pdf.circle(seat.x, seat.y, 6).fillAndStroke('#ffffff', palette.deep);
    pdf.circle(seat.x, seat.y, 3.4).fill(palette.deep);
  }
  pdf.restore();
}

function drawCode({ pdf, mapSpace }: Canvas, code: string): void {
  const y = tearAt + mapSpace + 22;
  pdf.fillColor('#000000').addContent(qrPath(code, (page.width - qrSize) / 2, y, qrSize));
}

function drawFoot({ pdf, mapSpace, terms }: Canvas, text: TicketText): void {
  const center = { x: left, align: 'center', width: inner } as const;
  const below = tearAt + mapSpace + 22 + qrSize + 12;
  writeLine(pdf, text.ticketId, { ...center, y: below }, { font: 'Helvetica', size: 8.5, color: ink });
  writeLine(pdf, text.advice, { ...center, y: below + 16 }, label);
  const legal = fitText(
    text.legal,
    'Helvetica',
    [
      [7.5, 1],
      [6.5, 1],
    ],
    inner,
  );
  writeLines(pdf, legal, { ...center, y: below + 28 }, label);
  writeLines(
    pdf,
    terms,
    { ...center, y: below + 44 },
    { font: 'Helvetica', color: muted },
    termsLine / terms.size,
  );
}

/** A part of a page as who listens to it hears it, in the order of the calls. */
type Part = (tag: 'H1' | 'P' | 'Figure', draw: () => void, alt?: string) => void;

function drawTicket(canvas: Canvas, sale: Sale, item: SaleItem): void {
  const { pdf, fonts, look, mapSpace, termsSpace } = canvas;
  const { ticket } = item;
  assert(ticket, 'a ticket is drawn once it is signed');
  const text = ticketText(sale, item);
  pdf.addPage({ size: [page.width, page.height + mapSpace + termsSpace] });
  useFonts(pdf, fonts);
  pdf.markContent('Artifact', { type: 'Layout' });
  drawCard(canvas);
  pdf.endMarkedContent();
  const section = pdf.struct('Sect');
  const part: Part = (tag, draw, alt) => {
    const content = pdf.markStructureContent(tag);
    draw();
    pdf.endMarkedContent();
    section.add(pdf.struct(tag, alt === undefined ? {} : { alt }, content));
  };
  const { logo } = look;
  const seller = toWinAnsi(look.brand.name ?? '') || text.seller;
  if (logo) part('Figure', () => drawSellerLogo(canvas, logo), seller);
  part('P', () => {
    if (!logo) drawSeller(canvas, { ...text, seller });
    drawCount(canvas, text);
  });
  part('H1', () => drawTitle(canvas, text));
  part('P', () => {
    drawDay(canvas, text);
    drawVenue(pdf, text);
    drawSeat(pdf, text);
    drawFacts(pdf, text);
    if (text.kind !== '') drawKind(canvas, text);
  });
  const { map } = look;
  const place = text.seat.map(({ label: name, value }) => `${name} ${value}`).join(', ');
  if (map) part('Figure', () => drawPlace(canvas, map, text, item), `${text.mapTitle}: ${place}`);
  part('Figure', () => drawCode(canvas, ticketCodeOf(sale, { ...item, ticket })), text.codeTitle);
  part('P', () => drawFoot(canvas, text));
  section.end();
  pdf.addStructure(section);
}

/** The colours of the head: the brand's, else the event's own. */
function colours(sale: Sale, { brand }: TicketLook): { palette: Palette; headInk: string } {
  const palette = eventPalette(sale.event.eventId);
  if (brand.color === null) return { palette, headInk: '#ffffff' };
  const headInk = inkOn(brand.color);
  return { palette: { deep: brand.color, glow: headInk }, headInk };
}

/** The hall as an object of the document: the drawing is packed already, and stands in it once. */
function addHall(pdf: Pdf, { width, height, drawing }: HallMap): unknown {
  const hall = pdf.ref({
    Type: 'XObject',
    Subtype: 'Form',
    BBox: [0, 0, width, height],
    Filter: 'FlateDecode',
    Resources: {},
  });
  hall.end(drawing);
  return hall;
}

/** The logo as an object of the document: its bytes are packed already, and stand in it once. */
function addLogo(pdf: Pdf, { width, height, ...drawing }: LogoDrawing): unknown {
  const picture = {
    Type: 'XObject',
    Subtype: 'Image',
    Width: width,
    Height: height,
    BitsPerComponent: 8,
    Filter: 'FlateDecode',
  };
  const mask = pdf.ref({ ...picture, ColorSpace: 'DeviceGray' });
  mask.end(drawing.opacity);
  const logo = pdf.ref({ ...picture, ColorSpace: 'DeviceRGB', SMask: mask });
  logo.end(drawing.colours);
  return logo;
}

function prepare(pdf: Pdf, sale: Sale, look: TicketLook): Canvas {
  const words = toWinAnsi(look.terms[sale.locale] ?? '');
  const terms = words === '' ? { size: 6.5, lines: [] } : fitText(words, 'Helvetica', [[6.5, 12]], inner);
  return {
    pdf,
    look,
    ...colours(sale, look),
    terms,
    fonts: addFonts(pdf),
    hall: look.map && addHall(pdf, look.map),
    logo: look.logo && addLogo(pdf, look.logo),
    mapSpace: look.map ? look.map.height + 32 : 0,
    termsSpace: terms.lines.length === 0 ? 0 : terms.lines.length * termsLine + 8,
  };
}

/**
 * Draws the tickets of a sale that whoever reads it has, a page each; every such place must have its ticket. The same
 * sale and look give the same bytes, so a PDF is never stored: it is drawn again when somebody wants it. Its pages are
 * tagged, so that they can be listened to.
 * @param look what the event's tickets have in common: brand, plan and terms.
 */
export function drawTickets(sale: Sale, look: TicketLook = plainLook): Promise<Buffer> {
  const title = { es: 'Entradas', en: 'Tickets' }[sale.locale];
  const pdf = new PDFDocument({
    autoFirstPage: false,
    // The pages name their fonts themselves.
    font: '',
    margin: 0,
    lang: sale.locale,
    tagged: true,
    displayTitle: true,
    info: {
      Title: `${title}: ${sale.event.name}`,
      Author: sale.seller.name,
      Creator: 'Taquilla',
      Producer: 'Taquilla',
      CreationDate: sale.createdAt,
      ModDate: sale.createdAt,
    },
  });
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', () => resolve(Buffer.concat(chunks)));
    pdf.on('error', reject);
    const canvas = prepare(pdf, sale, look);
    for (const item of sale.items) if (isHeld(sale, item)) drawTicket(canvas, sale, item);
    pdf.end();
  });
}
