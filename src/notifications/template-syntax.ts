import Mustache from 'mustache';
import type { FieldError } from '../base/errors.ts';
import { escapeHtml } from '../base/html.ts';
import type { Facts, Variable } from './template-variables.ts';

/** A template that has been taken apart, ready to be filled many times. */
export type Filling = { write(facts: Facts): string };

/** How values are written: escaped for HTML, or as they are. */
export type Form = 'html' | 'text';

type Token = [type: string, value: string, start: number, end: number, children?: unknown, closing?: number];

const writer = new Mustache.Writer();
const escapes: Record<Form, (value: string) => string> = { html: escapeHtml, text: String };
// No lists, texts and flags hold one another deeper than this.
const depthMax = 6;

/** Takes a template apart. @throws Error of the library for tags that do not fit. */
export function compileFilling(source: string, form: Form): Filling {
  // Its own types name the tokens in one place and texts in the other.
  const tokens = Mustache.parse(source) as unknown as string[][];
  const config = { escape: (value: unknown) => escapes[form](String(value)) };
  return {
    write: (facts) => writer.renderTokens(tokens, new Mustache.Context(facts), undefined, source, config),
  };
}

function placeOf(source: string, position: number): string {
  const before = source.slice(0, position).split('\n');
  return `Line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

/** How many letters must be changed, added or left out to make one word of another. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** The name that somebody may have meant, as a question; nothing when none is near. */
function guess(name: string, known: readonly string[]): string {
  const [best] = known
    .map((one) => ({ one, far: distance(name.slice(0, 40), one) }))
    .toSorted((a, b) => a.far - b.far);
  return best && best.far <= Math.max(2, name.length / 3) ? ` Did you mean "${best.one}"?` : '';
}

type Check = { source: string; path: string; variables: readonly Variable[]; errors: FieldError[] };

function report(check: Check, position: number, code: string, message: string): void {
  check.errors.push({
    path: check.path,
    code,
    message: `${placeOf(check.source, position)}: ${message}`,
  });
}

function checkName(check: Check, [type, name, start]: Token, fields: readonly string[]): void {
  const known = [...fields, ...check.variables.map((variable) => variable.name)];
  const shown = name.slice(0, 60);
  if (!known.includes(name)) {
    const message = `"${shown}" is not a variable of this kind of message.${guess(name, known)}`;
    report(check, start, 'unknown_variable', message);
    return;
  }
  const variable = check.variables.find((one) => one.name === name);
  if (type !== 'name' || fields.includes(name) || !variable) return;
  if (variable.type === 'list') {
    report(check, start, 'list_as_text', `"${name}" is a list: write {{#${name}}} … {{/${name}}}.`);
  }
  if (variable.type === 'flag') {
    report(check, start, 'flag_as_text', `"${name}" is yes or no: write {{#${name}}} … {{/${name}}}.`);
  }
}

function checkTokens(check: Check, tokens: readonly Token[], fields: readonly string[], depth: number): void {
  for (const token of tokens) {
    const [type, name, start, , children] = token;
    if (type === 'text' || type === '!') continue;
    if (type === '&') {
      report(check, start, 'unescaped', `Write {{${name}}} with two braces: every value is escaped.`);
    } else if (type === '>' || type === '=') {
      report(check, start, 'not_allowed', 'Partials and other delimiters cannot be used here.');
    } else checkName(check, token, fields);
    if (!Array.isArray(children)) continue;
    const inner = check.variables.find((one) => one.name === name && type === '#')?.fields ?? [];
    if (depth === depthMax) report(check, start, 'too_deep', `Sections may be ${depthMax} deep.`);
    else checkTokens(check, children as Token[], [...fields, ...inner], depth + 1);
  }
}

/** What is wrong with the tags of a template: unknown variables, with their place, and whatever would not be escaped. */
export function checkSyntax(source: string, path: string, variables: readonly Variable[]): FieldError[] {
  const check: Check = { source, path, variables, errors: [] };
  let tokens: Token[];
  try {
    tokens = Mustache.parse(source) as Token[];
  } catch (error) {
    const { message } = error as Error;
    const position = Number(/ at (\d+)$/.exec(message)?.[1] ?? 0);
    report(check, position, 'syntax', `${message.replace(/ at \d+$/, '')}.`);
    return check.errors;
  }
  checkTokens(check, tokens, [], 1);
  return check.errors;
}

const linkAttribute = /\b(href|src|background-url|action|poster)\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+)/gi;
const leadingTag = /^\{\{\s*([\w.]+)\s*\}\}/;

/** Links must start with a scheme that opens a page, or with a variable that is a link: never with what a buyer wrote. */
export function checkLinks(source: string, path: string, variables: readonly Variable[]): FieldError[] {
  const check: Check = { source, path, variables, errors: [] };
  for (const match of source.matchAll(linkAttribute)) {
    const value = match[2]!.replaceAll(/^["']|["']$/g, '').trim();
    const name = leadingTag.exec(value)?.[1];
    const isLink = variables.some((variable) => variable.name === name && variable.type === 'url');
    if (isLink || (name === undefined && /^(https?:\/\/|mailto:|tel:|#|$)/i.test(value))) continue;
    const message = `A link starts with https://, mailto:, tel: or a variable that is a link, not with "${value.slice(0, 40)}".`;
    report(check, match.index, 'link_not_allowed', message);
  }
  return check.errors;
}
