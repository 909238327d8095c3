import { Problem, type FieldError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { holdsCardNumber } from '../base/card-number.ts';

/** PostgreSQL stores neither NUL nor halves of a surrogate pair. */
function isUnsafe(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed();
}

function describe(path: string, text: string): FieldError {
  const what = text.includes('\0') ? 'a NUL character' : 'half of a surrogate pair, which is no character';
  return { path, code: 'character_not_allowed', message: `The text has ${what}; remove it.` };
}

/**
 * Refuses a value in which a text looks like the number of a card, without repeating it.
 * @throws Problem `card_number_refused` that names the places.
 */
export function refuseCardNumbers(root: unknown, prefix: string): void {
  const errors = findTexts(root, prefix, holdsCardNumber).map(({ path }) => {
    const message =
      'This looks like the number of a card. Never send one: cards are paid with on their own page.';
    return { path, code: 'card_number_refused', message };
  });
  if (errors.length > 0) throw new Problem('card_number_refused', errors[0]!.message, { errors });
}

/** One segment of a JSON pointer (RFC 6901). */
export function pointerSegment(name: string | number): string {
  return String(name).replaceAll('~', '~0').replaceAll('/', '~1');
}

/**
 * Finds the strings and property names of a parsed JSON value that no text column can store. It walks with a
 * list of its own, so that no depth of nesting exhausts the stack.
 * @returns at most `faultsMax` faults, each with its JSON pointer after `prefix`.
 */
export function findUnsafeText(root: unknown, prefix: string, faultsMax: number): FieldError[] {
  return findTexts(root, prefix, isUnsafe, faultsMax).map(({ path, text }) => describe(path, text));
}

type FoundText = { path: string; text: string };

/**
 * The strings, whole numbers and property names of a value that a test picks out, each at its place; a name at its owner's.
 */
function findTexts(
  root: unknown,
  prefix: string,
  test: (text: string) => boolean,
  max: number = limits.fieldErrorsMax,
): FoundText[] {
  const faults: FoundText[] = [];
  const open: { path: string; value: unknown }[] = [{ path: prefix, value: root }];
  while (open.length > 0 && faults.length < max) {
    const { path, value } = open.pop()!;
    if (typeof value === 'string' || Number.isInteger(value)) {
      const text = String(value);
      if (test(text)) faults.push({ path, text });
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, child] of Object.entries(value)) {
        const childPath = `${path}/${pointerSegment(name)}`;
        // An unsafe name cannot be shown; its owner's path is.
        if (test(name)) faults.push({ path, text: name });
        else open.push({ path: childPath, value: child });
      }
    }
  }
  return faults.toReversed();
}
