import { Problem, type ErrorCode } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { PriceChange, PriceList, PriceStage } from './price-list.ts';

function refuse(code: ErrorCode, path: string, message: string): Problem {
  return new Problem(code, message, { errors: [{ path, code, message }] });
}

function checkAmount(amount: number | null, path: string): void {
  if (amount === null || Math.abs(amount) <= limits.amountMax) return;
  const message = `An amount has at most ${limits.amountMax} minor units; this one has ${amount}.`;
  throw refuse('amount_out_of_range', path, message);
}

function checkChange(change: PriceChange, path: string): void {
  if (change.kind === 'percentage') {
    if (change.ppm >= -1_000_000 && change.ppm <= 10_000_000) return;
    throw refuse('amount_out_of_range', path, 'A percentage is between −100 % and 1,000 %.');
  }
  checkAmount(change.amount, path);
  if (change.kind === 'set' && change.amount < 0)
    throw refuse('amount_out_of_range', path, 'A price is not negative.');
}

function checkCodes(things: readonly { code: string; name: string }[], path: string): void {
  things.forEach(({ code }, i) => {
    if (things.findIndex((one) => one.code === code) === i) return;
    throw refuse('price_list_invalid', `${path}/${i}/code`, `The code "${code}" stands twice.`);
  });
}

function share<T>(a: readonly T[] | null, b: readonly T[] | null): boolean {
  return a === null || b === null || a.some((one) => b.includes(one));
}

/** Two stages for the same places at the same time: only where the first ends by its number may the next stand ready. */
function overlap(first: PriceStage, second: PriceStage): boolean {
  if (first.quantity !== null || !share(first.zoneNos, second.zoneNos)) return false;
  const from = Math.max(first.from ?? -Infinity, second.from ?? -Infinity);
  const until = Math.min(first.until ?? Infinity, second.until ?? Infinity);
  return from < until;
}

function checkStages(stages: readonly PriceStage[]): void {
  checkCodes(stages, '/stages');
  stages.forEach((stage, i) => {
    const path = `/stages/${i}`;
    if (stage.until === null && stage.quantity === null) {
      const message = `The stage "${stage.name}" has no end: give it a date, a quantity, or both.`;
      throw refuse('stage_without_end', path, message);
    }
    if (stage.from !== null && stage.until !== null && stage.from >= stage.until)
      throw refuse('price_list_invalid', `${path}/until`, `The stage "${stage.name}" ends before it begins.`);
    checkChange(stage.change, `${path}/change/value`);
    const before = stages.slice(0, i).find((other) => overlap(other, stage));
    if (!before) return;
    const message = `The stages "${before.name}" and "${stage.name}" hold for the same places at the same time.`;
    throw refuse('stages_overlap', path, message);
  });
}

/**
 * Refuses a price list that does not hold together, at the first fault.
 * @throws Problem `stage_without_end`, `stages_overlap`, `amount_out_of_range`, `price_list_invalid`.
 */
export function checkPriceList(list: PriceList): void {
  list.modifiers.forEach(({ change }, i) => checkChange(change, `/modifiers/${i}/change/value`));
  checkCodes(list.ticketKinds, '/ticket_kinds');
  list.ticketKinds.forEach(
    ({ change }, i) => change && checkChange(change, `/ticket_kinds/${i}/change/value`),
  );
  checkStages(list.stages);
  list.fees.forEach(({ name, amount, ratePpm, taxed, taxedAs }, i) => {
    checkAmount(amount, `/fees/${i}/amount`);
    if ((amount === null) === (ratePpm === null)) {
      const message = `The fee "${name}" is either an amount or a rate.`;
      throw refuse('price_list_invalid', `/fees/${i}`, message);
    }
    if (!taxed && taxedAs !== undefined) {
      const message = `The fee "${name}" is not taxed, so not as anything either.`;
      throw refuse('price_list_invalid', `/fees/${i}/taxed_as`, message);
    }
  });
}

/**
 * Refuses base prices that do not fit.
 * @param zones `isGeneral`: a general zone has no categories that could give it a price.
 * @throws Problem `amount_out_of_range`, `price_list_invalid`.
 */
export function checkBasePrices(
  categories: readonly { price: number }[],
  zones: readonly { price: number | null; isGeneral: boolean }[],
): void {
  categories.forEach(({ price }, i) => checkAmount(price, `/categories/${i}/price`));
  zones.forEach(({ price, isGeneral }, i) => {
    checkAmount(price, `/zones/${i}/price`);
    if (price === null && isGeneral)
      throw refuse('price_list_invalid', `/zones/${i}/price`, 'A general zone has a price of its own.');
  });
}
