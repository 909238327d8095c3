import { planLimits, type PlanProblems, seatsPerCategory, type Plan, type PlanZone } from './plan.ts';

type GeneralZone = Extract<PlanZone, { kind: 'general' }>;

/** How many decimal places a currency has: 2 for USD, 0 for CLP, 3 for KWD. */
export function minorDigits(currency: string): number {
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  );
}

/**
 * Reads an amount in major units exactly, without a floating point number in between.
 * @returns minor units of the currency, or null for a text that is no such amount.
 */
export function parseAmount(text: string, currency: string): number | null {
  const match = /^(\d{1,12})(?:\.(\d+))?$/.exec(text.trim());
  const digits = minorDigits(currency);
  const fraction = match?.[2] ?? '';
  if (!match || fraction.length > digits) return null;
  return Number(match[1]! + fraction.padEnd(digits, '0'));
}

/** Cuts `NAME=VALUE` at its last equals sign: names may hold some. */
function cut(text: string): { name: string; value: string } | null {
  const at = text.lastIndexOf('=');
  return at > 0 ? { name: text.slice(0, at).trim(), value: text.slice(at + 1) } : null;
}

function example(currency: string): string {
  const digits = minorDigits(currency);
  return digits === 0 ? '45' : `45.${'0'.repeat(digits)}`;
}

/**
 * Reads prices such as `Stalls=45.00`.
 * @param problems gets what cannot be read, under the option itself.
 * @returns minor units by category.
 */
export function parsePrices(texts: string[], currency: string, problems: PlanProblems): Map<string, number> {
  const prices = new Map<string, number>();
  for (const text of texts) {
    const at = `--price "${text}"`;
    const parts = cut(text);
    const price = parts && parseAmount(parts.value, currency);
    if (!parts || price === null)
      problems.add(at, `needs to be CATEGORY=PRICE in ${currency}, such as "Platea=${example(currency)}"`);
    else if (prices.has(parts.name)) problems.add(at, 'this category has a price already');
    else prices.set(parts.name, price);
  }
  return prices;
}

/** Reads general zones such as `Standing=500@25.00`: name, places and price. */
export function parseGeneralZones(texts: string[], currency: string, problems: PlanProblems): GeneralZone[] {
  const zones: GeneralZone[] = [];
  for (const text of texts) {
    const at = `--general "${text}"`;
    const parts = cut(text);
    const [capacityText = '', priceText = ''] = parts?.value.split('@') ?? [];
    const capacity = /^[1-9]\d{0,6}$/.test(capacityText.trim()) ? Number(capacityText) : 0;
    const price = parseAmount(priceText, currency);
    if (!parts || price === null || capacity < 1 || capacity > planLimits.generalPlacesMax) {
      problems.add(
        at,
        `needs to be ZONE=PLACES@PRICE in ${currency}, such as "De pie=500@${example(currency)}"`,
      );
    } else {
      zones.push({ kind: 'general', name: parts.name, capacity, price });
    }
  }
  return zones;
}

/**
 * Adds general zones to a plan. An area whose text is a zone's name then stands for that zone, so that
 * what the venue drew as its standing room can be pressed in the shop.
 */
export function addGeneralZones(plan: Plan, general: GeneralZone[]): Plan {
  if (general.length === 0) return plan;
  const numbers = new Map(
    general.map(({ name }, index) => [name.toLowerCase(), plan.zones.length + index + 1]),
  );
  const areas = plan.areas.map((area) => {
    const zoneNo = numbers.get(area.text?.text.trim().toLowerCase() ?? '');
    return zoneNo === undefined ? area : { ...area, zoneNo };
  });
  return { ...plan, zones: [...plan.zones, ...general], areas };
}

/**
 * Checks that each category with seats has a price, and that each price has its category.
 * @param blocked categories whose seats are not for sale, and need no price.
 */
export function checkPrices(
  plan: Plan,
  prices: Map<string, number>,
  blocked: Set<string>,
  problems: PlanProblems,
): void {
  const counts = seatsPerCategory(plan);
  const names = new Set(plan.categories.map((category) => category.name));
  for (const [index, { name }] of plan.categories.entries()) {
    if (prices.has(name) || blocked.has(name)) continue;
    problems.add(
      `category "${name}"`,
      `has no price, and ${counts[index]} seats; give it one by --price "${name}=…"`,
    );
  }
  const known =
    names.size > 0 ? `the plan has ${[...names].map((name) => `"${name}"`).join(', ')}` : 'the plan has none';
  for (const name of [...prices.keys(), ...blocked]) {
    if (!names.has(name)) problems.add(`category "${name}"`, `is not in the plan; ${known}`);
  }
}
