import { Type, type Static } from 'typebox';
import type { Clock } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { instantSchema, object } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { percentileMilliseconds, serviceTargets, shareWithin } from '../telemetry/service-reading.ts';
import { readFirstMinute, readStretches, type ServiceStretch } from '../telemetry/service-reading.store.ts';

/** How long a range is looked at, and in what steps, in seconds. */
const ranges = {
  hour: { seconds: 3_600, stepSeconds: 60 },
  day: { seconds: 86_400, stepSeconds: 300 },
  week: { seconds: 604_800, stepSeconds: 3_600 },
} as const;

const nullable = (description: string) =>
  Type.Union([Type.Number({ description }), Type.Null()], { description });

const timesSchema = object({
  count: Type.Integer({ minimum: 0 }),
  p50_ms: nullable('Half were no slower'),
  p95_ms: nullable('95 % were no slower'),
  p99_ms: nullable('99 % were no slower'),
  within_target: nullable('The share that kept the target'),
});

const levelSchema = {
  confirm: timesSchema,
  transaction: timesSchema,
  requests: Type.Integer({ minimum: 0 }),
  failures: Type.Integer({ minimum: 0, description: 'Answered by 5xx' }),
  availability: nullable('Minutes in which somebody answered, times the requests that did not fail'),
};

const pointSchema = object({
  at: instantSchema,
  ...levelSchema,
  orders_waiting_max: Type.Integer(),
  holds_waiting_max: Type.Integer(),
  connections_waiting_max: Type.Integer(),
  steps_waiting_max: Type.Integer(),
});

const answerSchema = object({
  range: Type.Enum(['hour', 'day', 'week']),
  step_seconds: Type.Integer(),
  targets: object({
    confirm_seconds: Type.Number(),
    transaction_seconds: Type.Number(),
    availability: Type.Number(),
  }),
  total: object(levelSchema),
  data: Type.Array(pointSchema),
});

function timesOf(buckets: readonly number[], targetSeconds: number): Static<typeof timesSchema> {
  return {
    count: buckets.reduce((sum, n) => sum + n, 0),
    p50_ms: percentileMilliseconds(buckets, 0.5),
    p95_ms: percentileMilliseconds(buckets, 0.95),
    p99_ms: percentileMilliseconds(buckets, 0.99),
    within_target: shareWithin(buckets, targetSeconds),
  };
}

type Counts = Pick<ServiceStretch, 'confirms' | 'groups' | 'requests' | 'failures' | 'minutes'>;

function levelOf({ confirms, groups, requests, failures, minutes }: Counts, minutesExpected: number) {
  const answered = requests === 0 ? 1 : (requests - failures) / requests;
  return {
    confirm: timesOf(confirms, serviceTargets.confirmSeconds),
    transaction: timesOf(groups, serviceTargets.groupSeconds),
    requests,
    failures,
    availability: minutesExpected === 0 ? null : answered * Math.min(1, minutes / minutesExpected),
  };
}

const addBuckets = (stretches: readonly ServiceStretch[], name: 'confirms' | 'groups') =>
  stretches.reduce<number[]>((sum, one) => one[name].map((n, i) => n + (sum[i] ?? 0)), []);

function totalOf(stretches: readonly ServiceStretch[], minutesExpected: number) {
  const sum = (name: 'requests' | 'failures' | 'minutes') =>
    stretches.reduce((all, one) => all + one[name], 0);
  const counts = {
    confirms: addBuckets(stretches, 'confirms'),
    groups: addBuckets(stretches, 'groups'),
    requests: sum('requests'),
    failures: sum('failures'),
    minutes: sum('minutes'),
  };
  return levelOf(counts, minutesExpected);
}

const minute = 60_000;

/** How many minutes of a stretch were there to be read: none before the first reading, nor those not written yet. */
function minutesBetween(from: number, until: number): number {
  return Math.max(0, Math.round((until - from) / minute));
}

/** A step of the range without a reading is one in which nobody answered. */
function pointsOf(
  stretches: readonly ServiceStretch[],
  { since, until, stepSeconds }: { since: number; until: number; stepSeconds: number },
): Static<typeof pointSchema>[] {
  const step = stepSeconds * 1_000;
  const known = new Map(stretches.map((one) => [one.at.getTime(), one]));
  const points: Static<typeof pointSchema>[] = [];
  for (let at = Math.floor(since / step) * step; at < until; at += step) {
    const one = known.get(at);
    const expected = minutesBetween(Math.max(at, since), Math.min(at + step, until));
    const none = { confirms: [], groups: [], requests: 0, failures: 0, minutes: 0 };
    points.push({
      at: new Date(at).toISOString(),
      ...levelOf(one ?? none, expected),
      orders_waiting_max: one?.ordersWaitingMax ?? 0,
      holds_waiting_max: one?.holdsWaitingMax ?? 0,
      connections_waiting_max: one?.connectionsWaitingMax ?? 0,
      steps_waiting_max: one?.stepsWaitingMax ?? 0,
    });
  }
  return points;
}

/** `GET /sellers/{id}/service-levels`: how fast sales were confirmed and how much was answered, against the targets. */
export function readServiceLevelsRoute(app: App, { reader, clock }: { reader: Reader; clock: Clock }): void {
  app.get(
    '/sellers/:seller_id/service-levels',
    {
      config: { right: 'service_levels.read' },
      schema: {
        operationId: 'readServiceLevels',
        tags: ['service levels'],
        summary: "The platform's service levels over time, against their targets",
        description:
          'Times are of what all processes counted in buckets; percentiles lie on a straight line within a bucket. The last two minutes are still being written.',
        params: sellerParamsSchema,
        querystring: object({
          range: Type.Optional(Type.Enum(['hour', 'day', 'week'], { default: 'day' })),
        }),
        response: { 200: answerSchema },
      },
    },
    async ({ query: { range = 'day' } }) => {
      const { seconds, stepSeconds } = ranges[range];
      const until = Math.floor(clock.now().getTime() / minute) * minute - 2 * minute;
      const from = until - seconds * 1_000;
      const first = (await readFirstMinute(reader))?.getTime() ?? until;
      const since = Math.max(from, first);
      const span = { from: new Date(since), until: new Date(until), stepSeconds };
      const stretches = await readStretches(reader, span);
      const { confirmSeconds, groupSeconds, availability } = serviceTargets;
      return {
        range,
        step_seconds: stepSeconds,
        targets: {
          confirm_seconds: confirmSeconds,
          transaction_seconds: groupSeconds,
          availability,
        },
        total: totalOf(stretches, minutesBetween(since, until)),
        data: pointsOf(stretches, { since, until, stepSeconds }),
      };
    },
  );
}
