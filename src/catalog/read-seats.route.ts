import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { Type } from 'typebox';
import type { App } from '../http/app.ts';
import { eventIdSchema, object } from '../http/schemas.ts';
import { getPublicEvent, type EventCache } from './event-cache.ts';
import { seatColumnsToJson, seatPlanToJson } from './event-json.ts';
import type { CatalogEvent } from './event.ts';
import { hiddenZones } from '../pricing/cart-rules.ts';
import { accessCodeSchema } from './event.schema.ts';
import { seatPlanSchema } from './seat-plan.schema.ts';

type Format = 'objects' | 'columns';
type Encoding = 'br' | 'gzip' | 'identity';

/** The body of one version of a plan; each encoding is made when it is first asked for. */
type PlanBody = { etag: string; encoded: Map<Encoding, Promise<Buffer>> };

// An event in memory never changes: a new plan or new prices come as a new object, and this lets the old go.
const bodies = new WeakMap<CatalogEvent, Map<string, PlanBody>>();

const brotli = promisify(brotliCompress);
const compressors: Record<Encoding, (text: Buffer) => Promise<Buffer>> = {
  // The demo stadium in columns, 2.5 MB: quality 4 makes 98 kB in 56 ms, gzip 207 kB in 23 ms, the default
  // quality 11 makes 72 kB in 1.4 s.
  br: (text) => brotli(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: promisify<Buffer, Buffer>(gzip),
  identity: async (text) => text,
};

function planBody(event: CatalogEvent, format: Format, accessCode: string | null): PlanBody {
  const formats = bodies.get(event) ?? new Map<string, PlanBody>();
  const key = `${format} ${hiddenZones(event, accessCode).join()}`;
  bodies.set(event, formats);
  let body = formats.get(key);
  if (!body) {
    const plan =
      format === 'columns' ? seatColumnsToJson(event, accessCode) : seatPlanToJson(event, accessCode);
    const text = Buffer.from(JSON.stringify(plan));
    // Version numbers begin again in a database that is made anew; what is said does not repeat by chance.
    const digest = createHash('sha256').update(text).digest('base64url').slice(0, 16);
    const etag = `W/"${event.planVersion}.${event.pricingVersion}-${digest}"`;
    body = { etag, encoded: new Map([['identity', Promise.resolve(text)]]) };
    formats.set(key, body);
  }
  return body;
}

async function encode(body: PlanBody, encoding: Encoding): Promise<Buffer> {
  let encoded = body.encoded.get(encoding);
  if (!encoded) {
    encoded = body.encoded.get('identity')!.then(compressors[encoding]);
    body.encoded.set(encoding, encoded);
  }
  return encoded;
}

function pickEncoding(accepted: string | undefined): Encoding {
  const takes = (name: string) =>
    (accepted ?? '').split(',').some((part) => {
      const [coding, quality] = part.split(';').map((one) => one.trim().toLowerCase());
      return coding === name && !/^q=0(\.0*)?$/.test(quality ?? '');
    });
  if (takes('br')) return 'br';
  return takes('gzip') ? 'gzip' : 'identity';
}

function isKnown(etag: string, ifNoneMatch: string | undefined): boolean {
  const plain = (tag: string) => tag.trim().replace(/^W\//, '');
  return (ifNoneMatch ?? '').split(',').some((tag) => tag.trim() === '*' || plain(tag) === plain(etag));
}

/** `GET /events/{id}/seats`: the seat plan, which caches may keep as long as they ask whether it still holds. */
export function readSeatsRoute(app: App, deps: { events: EventCache }): void {
  app.get(
    '/events/:event_id/seats',
    {
      compress: false,
      config: { hot: true, problems: ['event_not_found'] },
      schema: {
        operationId: 'readSeats',
        tags: ['catalog'],
        summary: 'The seat plan of an event',
        params: object({ event_id: eventIdSchema }),
        querystring: object({
          format: Type.Optional(Type.Enum(['objects', 'columns'])),
          access_code: Type.Optional(accessCodeSchema),
        }),
        response: {
          200: seatPlanSchema,
          304: Type.Null({ description: 'The ETag in If-None-Match still holds' }),
        },
      },
    },
    async (request, reply) => {
      const { event } = await getPublicEvent(deps.events, request.params.event_id);
      const body = planBody(event, request.query.format ?? 'objects', request.query.access_code ?? null);
      reply.headers({ etag: body.etag, 'cache-control': 'public, no-cache', vary: 'accept-encoding' });
      if (isKnown(body.etag, request.headers['if-none-match'])) return reply.code(304).send(null);
      const encoding = pickEncoding(request.headers['accept-encoding']);
      if (encoding !== 'identity') reply.header('content-encoding', encoding);
      reply.type('application/json; charset=utf-8');
      return reply.send((await encode(body, encoding)) as never);
    },
  );
}
