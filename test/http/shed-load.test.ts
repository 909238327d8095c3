import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shedLoad } from '../../src/http/shed-load.ts';
import { beyondInARow } from '../../src/telemetry/event-loop.ts';
import { startBareServer } from '../support/bare-server.ts';
import { createHttpClient } from '../support/http-client.ts';

test('a saturated process refuses new work at once, and answers everything else', async (t) => {
  let saturated = false;
  const server = await startBareServer({
    mount(app) {
      shedLoad(app, () => saturated);
      app.get('/work', { config: { sheds: true } }, () => 'done');
      app.get('/health', () => 'ok');
    },
  });
  const client = createHttpClient(server.url, 1);
  t.after(() => client.close());
  assert.equal((await client.send('GET', '/work')).text, 'done');
  saturated = true;
  const refused = await client.send('GET', '/work');
  assert.equal(refused.status, 503);
  assert.equal(refused.headers['retry-after'], '1');
  assert.equal((refused.json as { code: string }).code, 'overloaded');
  assert.equal((await client.send('GET', '/health')).text, 'ok');
  saturated = false;
  assert.equal((await client.send('GET', '/work')).text, 'done');
});

test('one long moment is not saturation; several in a row are, until one is within the limit', () => {
  const isBeyond = beyondInARow(1, 3);
  assert.deepEqual([9, NaN, 2, 2, 2, 2, 1, 2].map(isBeyond), [
    false,
    false,
    false,
    false,
    true,
    true,
    false,
    false,
  ]);
});
