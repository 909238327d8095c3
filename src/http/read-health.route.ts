import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { App } from './app.ts';
import { object } from './schemas.ts';

/** What must hold before this process should get requests: each answers, or throws a sentence why not. */
export type ReadinessCheck = { name: string; check(): Promise<void> | void };

const checkMillisecondsMax = 2_000;

async function runCheck({ name, check }: ReadinessCheck): Promise<{ name: string; fault: string | null }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), checkMillisecondsMax);
  });
  try {
    await Promise.race([check(), late]);
    return { name, fault: null };
  } catch (error) {
    return { name, fault: (error as Error).message };
  } finally {
    clearTimeout(timer);
  }
}

/** `/healthz`: this process lives. `/readyz`: it can serve, so a balancer may send it requests. */
export function readHealthRoute(app: App, deps: { checks: ReadinessCheck[] }): void {
  app.get(
    '/healthz',
    {
      compress: false,
      config: { hot: true },
      schema: {
        operationId: 'readHealth',
        tags: ['operation'],
        summary: 'Whether the process lives',
        response: { 200: object({ status: Type.Literal('ok') }) },
      },
    },
    () => ({ status: 'ok' as const }),
  );
  app.get(
    '/readyz',
    {
      compress: false,
      config: { hot: true },
      schema: {
        operationId: 'readReadiness',
        tags: ['operation'],
        summary: 'Whether the process can serve',
        response: {
          200: object({ status: Type.Literal('ready'), checks: Type.Record(Type.String(), Type.String()) }),
        },
      },
    },
    async () => {
      const results = await Promise.all(deps.checks.map(runCheck));
      const checks = Object.fromEntries(
        results.map(({ name, fault }) => [name, fault === null ? 'ok' : 'failed']),
      );
      const failed = results.filter(({ fault }) => fault !== null).map(({ name }) => name);
      if (failed.length > 0) {
        const detail = `Not ready: ${failed.join(', ')}.`;
        throw new Problem('unavailable', detail, { retryAfterSeconds: 1, members: { checks } });
      }
      return { status: 'ready' as const, checks };
    },
  );
}
