import type { ErrorObject } from 'ajv';
import type { FieldError } from '../base/errors.ts';
import { pointerSegment } from './unsafe-text.ts';

type Described = { code: string; message: string };
type Schema = Record<string, unknown>;

const typeNames: Record<string, string> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

const formatMessages: Record<string, string> = {
  email: 'This must be an e-mail address, such as ana@example.org.',
};

function describeType(type: unknown): Described {
  const names = [type].flat().map((one) => typeNames[String(one)] ?? String(one));
  return { code: 'wrong_type', message: `This must be ${names.join(' or ')}.` };
}

function describeAllowed(values: unknown[]): Described {
  const list = values.map((value) => JSON.stringify(value)).join(', ');
  return {
    code: 'not_allowed',
    message: values.length === 1 ? `This must be ${list}.` : `This must be one of ${list}.`,
  };
}

/** A union is described by what its branches are, not by how each of them failed. */
function describeUnion(branches: Schema[]): Described {
  if (branches.every((branch) => 'const' in branch))
    return describeAllowed(branches.map((branch) => branch.const));
  if (branches.every((branch) => typeof branch.type === 'string')) {
    return describeType([...new Set(branches.map((branch) => branch.type))]);
  }
  return { code: 'wrong_shape', message: 'This has none of the shapes that are allowed here.' };
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}

function describeBound(error: ErrorObject): Described | undefined {
  const limit = Number(error.params.limit);
  switch (error.keyword) {
    case 'minLength':
      if (limit === 1) return { code: 'too_short', message: 'This must not be empty.' };
      return {
        code: 'too_short',
        message: `This must have at least ${count(limit, 'character', 'characters')}.`,
      };
    case 'maxLength':
      return {
        code: 'too_long',
        message: `This may have at most ${count(limit, 'character', 'characters')}.`,
      };
    case 'minItems':
      return {
        code: 'too_few',
        message: `This list must have at least ${count(limit, 'entry', 'entries')}.`,
      };
    case 'maxItems':
      return { code: 'too_many', message: `This list may have at most ${count(limit, 'entry', 'entries')}.` };
    case 'minimum':
      return { code: 'too_small', message: `This must be ${limit} or more.` };
    case 'maximum':
      return { code: 'too_large', message: `This must be ${limit} or less.` };
    case 'minProperties':
      return {
        code: 'too_few',
        message: `This must name at least ${count(limit, 'property', 'properties')}.`,
      };
    default:
      return undefined;
  }
}

function describe(error: ErrorObject): Described {
  if (error.instancePath === '' && error.keyword === 'type')
    return { code: 'wrong_type', message: 'The body must be a JSON object.' };
  switch (error.keyword) {
    case 'required':
      return { code: 'missing', message: `"${error.params.missingProperty}" is missing.` };
    case 'additionalProperties': {
      const name = String(error.params.additionalProperty).slice(0, 64).toWellFormed();
      return {
        code: 'unknown_property',
        message: `"${name}" is not a property that can be given here; remove it.`,
      };
    }
    case 'type':
      return describeType(error.params.type);
    case 'const':
      return describeAllowed([error.params.allowedValue]);
    case 'enum':
      return describeAllowed(error.params.allowedValues as unknown[]);
    case 'anyOf':
    case 'oneOf':
      return describeUnion(error.schema as Schema[]);
    case 'uniqueItems':
      return {
        code: 'duplicate',
        message: `Entries ${error.params.j} and ${error.params.i} of this list are the same.`,
      };
    case 'format':
      return {
        code: 'malformed',
        message: formatMessages[error.params.format] ?? 'This is not of the right form.',
      };
    case 'pattern': {
      const expected = error.parentSchema?.description;
      return {
        code: 'malformed',
        message:
          typeof expected === 'string'
            ? `This is not of the right form: ${expected}.`
            : 'This is not of the right form.',
      };
    }
    default:
      return (
        describeBound(error) ?? { code: 'wrong_shape', message: `This ${error.message ?? 'is not allowed'}.` }
      );
  }
}

function pathOf(error: ErrorObject, prefix: string): string {
  const owned = error.params.missingProperty ?? error.params.additionalProperty;
  const pointer =
    owned === undefined
      ? error.instancePath
      : `${error.instancePath}/${pointerSegment(String(owned).toWellFormed())}`;
  return prefix === '' ? pointer : `${prefix}${pointer}`;
}

/** Whether an error only tells why one branch of a union, which has an error of its own, did not fit. */
function isOfBranch(error: ErrorObject, unions: ErrorObject[]): boolean {
  return unions.some((union) => union !== error && error.schemaPath.startsWith(`${union.schemaPath}/`));
}

/**
 * Turns what the schema validator found into sentences for people, one for each offending field.
 * @param prefix stands before the JSON pointer: nothing for a body, else `query`, `header`.
 */
export function toFieldErrors(found: readonly ErrorObject[], prefix: string, max: number): FieldError[] {
  const unions = found.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  const errors: FieldError[] = [];
  for (const error of found) {
    if (errors.length === max) break;
    if (!isOfBranch(error, unions)) errors.push({ path: pathOf(error, prefix), ...describe(error) });
  }
  return errors;
}
