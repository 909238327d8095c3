/** How seats of a row, or rows of a block, are named. */
export type Numbering = {
  /** `odd_even`: odd numbers to the left of the middle and even ones to its right, as in many theatres. */
  style: 'numbers' | 'letters' | 'odd_even';
  /** The first name: a number, or letters (`A`, `AA`). */
  from: string;
  step: number;
  /** Whether the last of the row is named first. */
  reversed: boolean;
};

const letterA = 65;
const alphabet = 26;

/** 1 is A, 26 is Z, 27 is AA. */
export function lettersOf(n: number): string {
  let letters = '';
  for (let rest = n; rest > 0; rest = Math.floor((rest - 1) / alphabet)) {
    letters = String.fromCharCode(letterA + ((rest - 1) % alphabet)) + letters;
  }
  return letters;
}

/** The number of letters, or null for a text that is none. */
export function numberOfLetters(text: string): number | null {
  if (!/^[A-Z]{1,4}$/i.test(text)) return null;
  let n = 0;
  for (const letter of text.toUpperCase()) n = n * alphabet + letter.charCodeAt(0) - letterA + 1;
  return n;
}

function oddEven(count: number): string[] {
  const left = Math.ceil(count / 2);
  return Array.from({ length: count }, (_, i) => String(i < left ? 2 * (left - i) - 1 : 2 * (i - left + 1)));
}

/** So many names, in the order of the seats along their row. A name that cannot be counted on from is read as 1 or A. */
export function namesOf(count: number, { style, from, step, reversed }: Numbering): string[] {
  const first = style === 'letters' ? (numberOfLetters(from.trim()) ?? 1) : Number.parseInt(from, 10) || 0;
  const name = (i: number) => {
    const n = first + i * step;
    return style === 'letters' ? lettersOf(Math.max(1, n)) : String(Math.max(0, n));
  };
  const names = style === 'odd_even' ? oddEven(count) : Array.from({ length: count }, (_, i) => name(i));
  return reversed ? names.toReversed() : names;
}

/** The name after one: `C` after `B`, `13` after `12`, `B 2` after `B 1`, and `Palco (2)` after `Palco`. */
function nameAfter(name: string): string {
  const counted = /^(.*?)(\d+)(\)?)$/.exec(name);
  if (counted) return `${counted[1]}${Number(counted[2]) + 1}${counted[3]}`;
  const letters = name.length <= 2 ? numberOfLetters(name) : null;
  return letters === null ? `${name} (2)` : lettersOf(letters + 1);
}

/** The first name from `name` on that is not taken. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  while (taken.has(free)) free = nameAfter(free);
  return free;
}
