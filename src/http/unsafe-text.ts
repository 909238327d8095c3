import type { FieldError } from '../base/errors.ts';

/** PostgreSQL stores neither NUL nor halves of a surrogate pair. */
function isUnsafe(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed();
}

function describe(path: string, text: string): FieldError {
  const what = text.includes('\0') ? 'a NUL character' : 'half of a surrogate pair, which is no character';
  return { path, code: 'character_not_allowed', message: `The text has ${what}; remove it.` };
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
  const faults: FieldError[] = [];
  const open: { path: string; value: unknown }[] = [{ path: prefix, value: root }];
  while (open.length > 0 && faults.length < faultsMax) {
    const { path, value } = open.pop()!;
    if (typeof value === 'string') {
      if (isUnsafe(value)) faults.push(describe(path, value));
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, child] of Object.entries(value)) {
        const childPath = `${path}/${pointerSegment(name)}`;
        // An unsafe name cannot be shown; its owner's path is.
        if (isUnsafe(name)) faults.push(describe(path, name));
        else open.push({ path: childPath, value: child });
      }
    }
  }
  return faults.toReversed();
}
