import { Ajv, type ErrorObject, type Options } from 'ajv';
import type { FastifyInstance, FastifySchemaCompiler, RouteOptions } from 'fastify';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { toFieldErrors } from './field-errors.ts';

// What an address looks like, no more: whether it exists is found out by writing to it.
const emailPattern = /^[^\s@<>()[\]\\,;:"\p{Cc}]+@[^\s@<>()[\]\\,;:"\p{Cc}]+$/u;
const formats = { email: emailPattern };

// `verbose` keeps the schema beside each error, for a sentence that names what is allowed.
const common: Options = {
  allErrors: true,
  verbose: true,
  removeAdditional: false,
  useDefaults: true,
  formats,
};

/** Query strings and paths are texts, so their numbers are coerced; what JSON says is taken at its word. */
function createCompiler(): FastifySchemaCompiler<object> {
  const strict = new Ajv({ ...common, coerceTypes: false });
  const coercing = new Ajv({ ...common, coerceTypes: true });
  return ({ schema, httpPart }) => (httpPart === 'body' ? strict : coercing).compile(schema);
}

const details: Record<string, string> = {
  body: 'The body is well formed but wrong; "errors" names each field.',
  querystring: 'The query string is wrong; "errors" names each parameter.',
  headers: 'A header is wrong; "errors" names each.',
};
const prefixes: Record<string, string> = { body: '', querystring: 'query', headers: 'header' };

function toProblem(found: readonly ErrorObject[], part: string): Problem {
  // A path that no id can have is the address of nothing.
  if (part === 'params') return new Problem('not_found', 'There is nothing at this address.');
  const errors = toFieldErrors(found, prefixes[part] ?? part, limits.fieldErrorsMax);
  return new Problem('body_invalid', details[part] ?? 'The request is wrong.', { errors });
}

type Schema = {
  type?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
} & Record<string, unknown>;

/** Says where a schema lets anything in: an object that is not closed, a list or a text without a limit. */
function findOpenings(schema: Schema, path: string): string[] {
  const found: string[] = [];
  if (schema.type === 'object' && schema.additionalProperties !== false) found.push(`${path} is not closed`);
  if (schema.type === 'array' && schema.maxItems === undefined) found.push(`${path} has no maxItems`);
  if (schema.type === 'string' && schema.maxLength === undefined && !('const' in schema) && !schema.enum)
    found.push(`${path} has no maxLength`);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    found.push(...findOpenings(property, `${path}.${name}`));
  }
  if (schema.items) found.push(...findOpenings(schema.items, `${path}[]`));
  for (const branch of schema.anyOf ?? []) found.push(...findOpenings(branch, path));
  return found;
}

function refuseOpenSchema(route: RouteOptions): void {
  // The router itself bounds the texts of a path.
  for (const part of ['body', 'querystring'] as const) {
    const schema = route.schema?.[part] as Schema | undefined;
    const found = schema ? findOpenings(schema, part) : [];
    if (found.length > 0) throw new Error(`${String(route.method)} ${route.url}: ${found.join(', ')}`);
  }
}

/** Checks bodies, query strings and paths by schema, and refuses to mount a schema that lets anything in. */
export function validateBySchema(app: FastifyInstance): void {
  app.setValidatorCompiler(createCompiler());
  app.setSchemaErrorFormatter((found, part) => toProblem(found as ErrorObject[], part));
  app.addHook('onRoute', refuseOpenSchema);
}
