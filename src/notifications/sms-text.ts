/**
 * The characters of an SMS in the GSM 7-bit alphabet (3GPP TS 23.038, 6.2.1), and those that take two places each in its
 * extension table. With any other character a message is sent in UCS-2, and holds less than half.
 */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const extended = new Set('^{}\\[~]|€\f');

/** How long an SMS is: `units` are septets in GSM-7 and 16-bit units in UCS-2. */
export type SmsLength = { encoding: 'gsm7' | 'ucs2'; units: number; segments: number };

const plain: Record<string, string> = {
  '‘': "'",
  '’': "'",
  '‚': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '–': '-',
  '—': '-',
  '−': '-',
  '…': '...',
  '·': '-',
  '•': '-',
  '\t': ' ',
};

function simplify(char: string): string {
  if (basic.has(char) || extended.has(char)) return char;
  if (plain[char] !== undefined) return plain[char];
  if (/\p{Zs}/u.test(char)) return ' ';
  // Zero-width characters and the like say nothing in an SMS.
  if (/\p{Cf}/u.test(char)) return '';
  return char.normalize('NFD').replaceAll(/\p{M}/gu, '');
}

/** A text as an SMS says it: letters that the GSM alphabet lacks lose their accents (`Función` is `Funcion`). */
export function toSmsText(text: string): string {
  return [...text.normalize('NFC')].map(simplify).join('').replaceAll(/ {2,}/g, ' ').trim();
}

function septets(text: string): number | null {
  let units = 0;
  for (const char of text) {
    if (basic.has(char)) units += 1;
    else if (extended.has(char)) units += 2;
    else return null;
  }
  return units;
}

/** Packs characters that take one or two places into segments: a pair is never cut in two. */
function countSegments(widths: number[], single: number, part: number): number {
  const units = widths.reduce((sum, width) => sum + width, 0);
  if (units <= single) return 1;
  let segments = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > part) {
      segments += 1;
      used = 0;
    }
    used += width;
  }
  return segments;
}

/** How many segments an SMS has: each is paid for. One holds 160 septets, or 70 units of UCS-2; parts of more hold less. */
export function measureSms(text: string): SmsLength {
  const chars = [...text];
  const units = septets(text);
  if (units === null) {
    const widths = chars.map((char) => char.length);
    return { encoding: 'ucs2', units: text.length, segments: countSegments(widths, 70, 67) };
  }
  const widths = chars.map((char) => (extended.has(char) ? 2 : 1));
  return { encoding: 'gsm7', units, segments: countSegments(widths, 160, 153) };
}
