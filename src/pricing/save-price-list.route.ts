import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { CatalogEvent } from '../catalog/event.ts';
import { loadEvent, tellCatalogChanged } from '../catalog/event.store.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { checkBasePrices, checkPriceList } from './check-price-list.ts';
import {
  eventKeyOf,
  eventParamsSchema,
  priceListAnswerSchema,
  priceListSchema,
  priceListToJson,
  toDraft,
  type PriceListBody,
  type PriceListDraft,
} from './price-list.schema.ts';
import { lockPrices, savePriceList } from './price-list.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** What the audit log tells of prices; access codes are no part of it. */
function factsOf(event: CatalogEvent) {
  const { hidden_zones, ...list } = priceListToJson(event);
  const hidden = hidden_zones.map((zone) => zone.zone_id);
  return {
    pricing_version: event.pricingVersion,
    prices: JSON.stringify(list),
    hidden_zones: hidden,
  };
}

/** What a body writes into an event's prices, once nothing is wrong with it. */
function readDraft(event: CatalogEvent, body: PriceListBody, madeFrom: number): PriceListDraft {
  if (event.pricingVersion !== madeFrom) {
    const detail = `The prices are at version ${event.pricingVersion}, not ${madeFrom}: read them again. Nothing was changed.`;
    throw new Problem('price_list_changed', detail);
  }
  if (body.currency !== event.currency) {
    const message = `The event sells in ${event.currency}, not in ${body.currency}.`;
    const errors = [{ path: '/currency', code: 'currency_mismatch', message }];
    throw new Problem('currency_mismatch', message, { errors });
  }
  const draft = toDraft(event, body);
  checkPriceList(draft.list);
  checkBasePrices(
    draft.categories,
    draft.zones.map(({ zoneNo, price }) => ({
      price,
      isGeneral: event.zones[zoneNo - 1]!.kind === 'general',
    })),
  );
  return draft;
}

/** `PUT /sellers/{id}/events/{id}/price-list`: other prices, from now on; holds that live keep what they were promised. */
export function savePriceListRoute(app: App, { pool, clock, ids }: Deps): void {
  app.put(
    '/sellers/:seller_id/events/:event_id/price-list',
    {
      config: {
        right: 'catalog.edit',
        problems: [
          'event_not_found',
          'price_list_changed',
          'price_list_invalid',
          'stage_without_end',
          'stages_overlap',
          'amount_out_of_range',
          'currency_mismatch',
        ],
      },
      bodyLimit: 1_048_576,
      schema: {
        operationId: 'savePriceList',
        tags: ['prices'],
        summary: "Replace an event's prices",
        params: eventParamsSchema,
        body: object({
          ...priceListSchema.properties,
          pricing_version: Type.Integer({ description: 'The version that this one was made from' }),
        }),
        response: { 200: priceListAnswerSchema },
      },
    },
    async (request) => {
      const key = eventKeyOf(request.params);
      const { pricing_version: madeFrom, ...body } = request.body;
      const now = clock.now();
      const saved = await transact(pool, async (tx) => {
        await lockPrices(tx, key);
        const before = await loadEvent(tx, key);
        if (!before)
          throw new Problem('event_not_found', `This seller has no event ${request.params.event_id}.`);
        const draft = readDraft(before, body, madeFrom);
        await savePriceList(tx, key, draft, now);
        const after = (await loadEvent(tx, key))!;
        await recordChange(tx, ids, {
          tenantId: key.tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'price_list', id: request.params.event_id },
          before: factsOf(before),
          after: factsOf(after),
        });
        await tellCatalogChanged(tx, key);
        return after;
      });
      return priceListToJson(saved);
    },
  );
}
