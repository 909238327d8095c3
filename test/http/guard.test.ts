import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteOptions } from 'fastify';
import type { Right } from '../../src/identity/roles.ts';
import { guardRoutes, principalOf } from '../../src/http/guard.ts';
import type { App } from '../../src/http/app.ts';
import { object } from '../../src/http/schemas.ts';
import { startBareServer } from '../support/bare-server.ts';
import { createHttpClient } from '../support/http-client.ts';

/** What becomes of a route that is mounted after the guard. */
function mounted(url: string, config: { hot?: boolean; right?: Right }): RouteOptions {
  let onRoute: (route: RouteOptions) => void = () => assert.fail('no hook');
  const app = { addHook: (_name: string, hook: typeof onRoute) => (onRoute = hook) };
  guardRoutes(app as unknown as App, () => assert.fail('nobody asks'));
  const route: RouteOptions = { method: 'GET', url, config, handler: () => ({}) };
  onRoute(route);
  return route;
}

test('a route that names no right gets no hook, so that selling pays nothing for it', () => {
  assert.deepEqual(Object.keys(mounted('/events', { hot: true })), ['method', 'url', 'config', 'handler']);
  assert.equal([mounted('/sellers/:seller_id/staff', { right: 'staff.read' }).onRequest].flat().length, 1);
});

test('a right without a seller to have it at is a fault when the route is mounted', () => {
  assert.throws(() => mounted('/reports', { right: 'reports.read' }), /no seller to have it at/);
});

test('a handler that asks who sends, on a route that is not guarded, is a fault and no answer', async () => {
  const server = await startBareServer({
    mount: (app) =>
      void app.get('/open', { schema: { response: { 200: object({}) } } }, (request) => principalOf(request)),
  });
  const client = createHttpClient(server.url, 1);
  const { status } = await client.send('GET', '/open');
  client.close();
  assert.equal(status, 500);
  assert.ok(server.log.some((line) => line.includes('/open names no right in its config')));
});
