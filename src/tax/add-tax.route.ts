import { Problem } from '../base/errors.ts';
import { parseEventId, parseZoneId, type Clock, type IdSource } from '../base/ids.ts';
import { loadEvent } from '../catalog/event.store.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { countTaxChange, endTaxRule, findOverlap, findTaxRule, insertTaxRule } from './tax-rule.store.ts';
import {
  newTaxRuleSchema,
  refuseTax,
  taxRuleSchema,
  taxRuleToJson,
  toNewTaxRule,
  type NewTaxRuleBody,
} from './tax.schema.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** The numbers of the event, category and zone that a body names. */
async function findPlaces(
  tx: Tx,
  tenantId: number,
  { event_id: id, category, zone_id: zoneId }: NewTaxRuleBody,
) {
  if (id === undefined) {
    if (category === undefined && zoneId === undefined)
      return { eventId: null, categoryNo: null, zoneNo: null };
    throw refuseTax('tax_rule_invalid', '/event_id', 'Categories and zones are of an event: name it.');
  }
  const key = parseEventId(id);
  const event = key?.tenantId === tenantId ? await loadEvent(tx, key) : null;
  if (!event) throw new Problem('event_not_found', `This seller has no event ${id}.`);
  const found = event.categories.find(({ name }) => name === category);
  if (category !== undefined && !found)
    throw refuseTax('tax_rule_invalid', '/category', `There is no category "${category}" in this event.`);
  const zone = zoneId === undefined ? null : parseZoneId(zoneId);
  const isZone =
    zone?.tenantId === tenantId && zone.eventId === event.eventId && zone.no <= event.zones.length;
  if (zoneId !== undefined && !isZone)
    throw refuseTax('tax_rule_invalid', '/zone_id', `There is no zone ${zoneId} in this event.`);
  return { eventId: event.eventId, categoryNo: found?.categoryNo ?? null, zoneNo: zone?.no ?? null };
}

async function add(tx: Tx, tenantId: number, body: NewTaxRuleBody, now: Date) {
  const rule = toNewTaxRule(body, await findPlaces(tx, tenantId, body));
  await countTaxChange(tx, tenantId);
  if (body.replaces !== undefined) {
    const old = await findTaxRule(tx, tenantId, body.replaces);
    if (!old) throw new Problem('tax_rule_not_found', `This seller has no tax rule ${body.replaces}.`);
    const end = Number.isFinite(rule.validFrom) ? rule.validFrom : now.getTime();
    if (end <= old.from_ms || end > old.until_ms)
      throw new Problem('tax_rule_ended', 'The rule to be replaced is not in force when this one begins.');
    rule.validFrom = end;
    await endTaxRule(tx, tenantId, old.tax_rule_id, end);
  }
  const overlap = await findOverlap(tx, tenantId, rule);
  if (overlap) {
    const detail = `"${rule.name}" is in force in a part of this time already, by rule ${overlap.tax_rule_id}: end that one first, or replace it.`;
    throw new Problem('tax_rules_overlap', detail);
  }
  const taxRuleId = await insertTaxRule(tx, tenantId, rule);
  return (await findTaxRule(tx, tenantId, taxRuleId))!;
}

/** `POST /sellers/{id}/taxes`: a tax from an instant on; rules are never rewritten, so that old sales stay explained. */
export function addTaxRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/taxes',
    {
      config: {
        right: 'catalog.edit',
        problems: [
          'event_not_found',
          'tax_rule_invalid',
          'tax_rule_not_found',
          'tax_rule_ended',
          'tax_rules_overlap',
          'amount_out_of_range',
        ],
      },
      schema: {
        operationId: 'addTax',
        tags: ['prices'],
        summary: 'Add a tax',
        params: sellerParamsSchema,
        body: newTaxRuleSchema,
        response: { 201: taxRuleSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId } = request.params;
      const now = clock.now();
      const row = await transact(pool, async (tx) => {
        const made = await add(tx, tenantId, request.body, now);
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'create',
          object: { kind: 'tax_rule', id: String(made.tax_rule_id) },
          after: {
            rule: JSON.stringify(taxRuleToJson(tenantId, made)),
            replaces: request.body.replaces ?? null,
          },
        });
        return made;
      });
      return reply.code(201).send(taxRuleToJson(tenantId, row));
    },
  );
}
