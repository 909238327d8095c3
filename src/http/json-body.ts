import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { findUnsafeText, refuseCardNumbers } from './unsafe-text.ts';

const escapeMark = Buffer.from('\\u');
// No card has fewer digits; what is between them is at most one character each.
const digits = /\d(?:[^\d]?\d){12}/;

/** Whether a text is JSON so far: it parses, or all that is wrong is that it ends. */
function isJsonStart(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const at = /position (\d+)/.exec(message)?.[1];
    return message.startsWith('Unexpected end') || (at !== undefined && Number(at) >= text.length);
  }
}

/** The index of the first character that cannot be; V8 names it for some errors only. */
function findSyntaxError(text: string): number {
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (middle <= text.length && isJsonStart(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function describeSyntaxError(text: string): string {
  const at = findSyntaxError(text);
  if (at === text.length) return `The body is not valid JSON: it ends too early, at position ${at}.`;
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  return `The body is not valid JSON: line ${line}, column ${column} (position ${at}) is wrong.`;
}

/**
 * Reads a JSON body.
 * @throws Problem `json_malformed` with the position, `body_invalid` for text that cannot be stored,
 *   or `card_number_refused`.
 */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) throw new Problem('json_malformed', 'The body is empty where JSON is expected.');
  if (!isUtf8(body)) throw new Problem('json_malformed', 'The body is not valid UTF-8.');
  const text = body.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem('json_malformed', describeSyntaxError(text));
  }
  // Valid UTF-8 holds no surrogates and valid JSON no raw NUL: only an escape can make one.
  const faults = body.includes(escapeMark) ? findUnsafeText(value, '', limits.fieldErrorsMax) : [];
  if (faults.length > 0) {
    throw new Problem('body_invalid', 'The body has text that cannot be stored.', { errors: faults });
  }
  if (digits.test(text) || body.includes(escapeMark)) refuseCardNumbers(value, '');
  return value;
}

/** Makes application/json the one media type that is read; any other is a 415. */
export function acceptJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  // The parser calls back in the same turn: an async one costs a promise for each request.
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
}
