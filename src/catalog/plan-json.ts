import { coordinateFault, PlanError, PlanProblems, textFault } from './plan.ts';

export type JsonObject = Record<string, unknown>;
export type Point = { x: number; y: number };

const colorPattern = /^(#[0-9a-f]{3,8}|[a-z]{3,20}|(rgb|hsl)a?\([0-9.,%/\s]{1,40}\))$/i;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeName(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : isObject(value) ? 'an object' : `a ${typeof value}`;
}

function join(at: string, key: string): string {
  return at === '' || at.endsWith('.') ? `${at}${key}` : `${at}.${key}`;
}

/**
 * Reads values out of parsed JSON and collects what is wrong with them, each under its path. What is wrong
 * is read as a harmless value, so that the reading goes on and finds the next problem.
 */
export class JsonReader extends PlanProblems {
  problem(at: string, message: string): void {
    this.add(at === '' ? 'the file' : at, message);
  }

  text(from: JsonObject, key: string, at: string): string {
    const value = from[key];
    if (typeof value !== 'string') {
      this.problem(join(at, key), `needs to be a text; it is ${typeName(value)}`);
      return '';
    }
    const fault = textFault(value);
    if (fault) this.problem(join(at, key), fault);
    return value;
  }

  /** Null counts as absent: editors write it for what was never filled in. */
  optionalText(from: JsonObject, key: string, at: string): string | undefined {
    return from[key] === undefined || from[key] === null ? undefined : this.text(from, key, at);
  }

  number(from: JsonObject, key: string, at: string): number {
    const value = from[key];
    if (typeof value !== 'number') {
      this.problem(join(at, key), `needs to be a number; it is ${typeName(value)}`);
      return 0;
    }
    const fault = coordinateFault(value);
    if (fault) this.problem(join(at, key), fault);
    return fault ? 0 : value;
  }

  optionalNumber(from: JsonObject, key: string, at: string): number | undefined {
    return from[key] === undefined || from[key] === null ? undefined : this.number(from, key, at);
  }

  object(from: JsonObject, key: string, at: string): JsonObject {
    const value = from[key];
    if (isObject(value)) return value;
    this.problem(join(at, key), `needs to be an object; it is ${typeName(value)}`);
    return {};
  }

  optionalObject(from: JsonObject, key: string, at: string): JsonObject | undefined {
    return from[key] === undefined || from[key] === null ? undefined : this.object(from, key, at);
  }

  point(from: JsonObject, key: string, at: string): Point {
    const value = from[key];
    if (!isObject(value)) {
      this.problem(join(at, key), `needs to be an object with x and y; it is ${typeName(value)}`);
      return { x: 0, y: 0 };
    }
    const path = join(at, key);
    return { x: this.number(value, 'x', path), y: this.number(value, 'y', path) };
  }

  optionalPoint(from: JsonObject, key: string, at: string): Point | undefined {
    return from[key] === undefined || from[key] === null ? undefined : this.point(from, key, at);
  }

  /** A CSS colour; what is none is left out, because a wrong colour is no reason to refuse a venue. */
  color(from: JsonObject, key: string, at: string): string | undefined {
    const value = this.optionalText(from, key, at)?.trim();
    return value !== undefined && colorPattern.test(value) ? value : undefined;
  }

  /** Reads a list of objects, each by `read`, which gets the object's path and its place in the list. */
  objects<T>(
    from: JsonObject,
    key: string,
    at: string,
    read: (one: JsonObject, at: string, index: number) => T,
  ): T[] {
    const value = from[key];
    const path = join(at, key);
    if (!Array.isArray(value)) {
      this.problem(path, `needs to be a list; it is ${typeName(value)}`);
      return [];
    }
    const results: T[] = [];
    for (const [index, one] of value.entries()) {
      if (isObject(one)) results.push(read(one, `${path}[${index}]`, index));
      else this.problem(`${path}[${index}]`, `needs to be an object; it is ${typeName(one)}`);
    }
    return results;
  }
}

function lineAt(text: string, offset: number): string {
  return `line ${text.slice(0, offset).split('\n').length}`;
}

/** Where JSON.parse stopped. Of an unexpected token it names not the place, but the ten characters before it. */
function placeOf(text: string, message: string): string {
  const offset = /at position (\d+)/.exec(message)?.[1];
  if (offset !== undefined) return lineAt(text, Number(offset));
  const around = /, \.\.\."(.*)"(\.\.\.)? is not valid JSON$/s.exec(message)?.[1];
  if (around !== undefined) return lineAt(text, text.indexOf(around) + 10);
  return message.includes('end of JSON') ? lineAt(text, text.length) : lineAt(text, 0);
}

function syntaxProblem(text: string, { message }: Error): PlanError {
  const reason = message.replace(/ in JSON at position.*$|, (\.\.\.)?".*$/s, '');
  return new PlanError([{ at: placeOf(text, message), message: `this is not JSON: ${reason}` }], 1);
}

/**
 * Parses a plan's JSON and finds the plan in it: the whole file, or what stands under `layout`.
 * @returns the plan and the prefix of its paths.
 * @throws PlanError with the line when it is not JSON, or not an object.
 */
export function jsonRoot(text: string, json: JsonReader): { root: JsonObject; at: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw syntaxProblem(text, error as Error);
  }
  if (!isObject(value)) {
    json.problem('', `needs to be a JSON object; it is ${typeName(value)}`);
    json.throwIfAny();
  }
  const file = value as JsonObject;
  if (isObject(file['layout']) && file['zones'] === undefined) return { root: file['layout'], at: 'layout.' };
  return { root: file, at: '' };
}
