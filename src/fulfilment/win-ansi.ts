// PDF's standard fonts know the 217 characters of WinAnsi: Latin-1 and these, from byte 128 on; a dot
// stands for a byte without a character.
const beyondLatin1 = new Map([...'€.‚ƒ„…†‡ˆ‰Š‹Œ.Ž..‘’“”•–—˜™š›œ.žŸ'].map((char, i) => [char, 128 + i]));
beyondLatin1.delete('.');

/** Letters whose nearest spelling in WinAnsi is not their base letter without its marks. */
const spellings = new Map<string, string>(
  Object.entries({
    ...pair('łŁđĐħĦıŋŊŧŦſəƏ', 'l L d D h H i n N t T s e E'),
    ...pair(
      'абвгдежзийклмнопрстуфхцчшщъыьэюя',
      'a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya',
    ),
    ...pair(
      'АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ',
      'A B V G D E Zh Z I Y K L M N O P R S T U F Kh Ts Ch Sh Shch - Y - E Yu Ya',
    ),
    ...pair('ёЁєЄіІїЇґҐўЎјЈљЉњЊћЋџЏ', 'yo Yo ye Ye i I yi Yi g G u U j J lj Lj nj Nj c C dz Dz'),
    ...pair('αβγδεζηθικλμνξοπρσςτυφχψω', 'a v g d e z i th i k l m n x o p r s s t y f ch ps o'),
    ...pair('ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ', 'A V G D E Z I Th I K L M N X O P R S T Y F Ch Ps O'),
    ...pair('−‐‑‒―‛‟′″⁄№', '- - - - — \' " \' " / Nº'),
  }),
);

/** Pairs each letter with its spelling; a hyphen stands for none. */
function pair(letters: string, written: string): Record<string, string> {
  const parts = written.split(' ');
  return Object.fromEntries(
    [...letters].map((letter, i) => [
      letter,
      parts[i] === '-' && /\p{L}/u.test(letter) ? '' : (parts[i] ?? ''),
    ]),
  );
}

function isWinAnsi(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return (
    (code >= 0x20 && code <= 0x7e) ||
    (code >= 0xa1 && code <= 0xff && code !== 0xad) ||
    beyondLatin1.has(char)
  );
}

/** The byte of the i-th character of a text that `toWinAnsi` has made. */
export function winAnsiByte(text: string, i: number): number {
  const code = text.charCodeAt(i);
  return code < 256 ? code : (beyondLatin1.get(text.charAt(i)) ?? 63);
}

function spell(char: string): string {
  if (isWinAnsi(char)) return char;
  if (/\s/u.test(char)) return ' ';
  const spelling = spellings.get(char);
  if (spelling !== undefined) return spelling;
  const base = [...char.normalize('NFKD')].filter((part) => part !== char && !/\p{M}/u.test(part));
  const written = base.map((part) => spellings.get(part) ?? (isWinAnsi(part) ? part : '')).join('');
  if (written) return written;
  return /[\p{L}\p{N}]/u.test(char) ? '?' : '';
}

/**
 * Writes a text in the characters that PDF's standard fonts have: marks that they lack are left off, Cyrillic
 * and Greek are written in Latin letters, symbols such as emoji fall away, any other letter is a
 * question mark. Of a text with none of its letters left nothing remains.
 */
export function toWinAnsi(text: string): string {
  const spelled = [...text.normalize('NFC')].map(spell).join('').replace(/ +/g, ' ').trim();
  return /[^?\s]/.test(spelled) ? spelled : '';
}
