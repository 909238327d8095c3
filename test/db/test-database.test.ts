import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { createTestDatabase } from '../support/database.ts';

test('every test database is migrated and nobody else sees into it', async () => {
  const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  const client = new pg.Client({ connectionString: one.url });
  await client.connect();
  const applied = await client.query<{ count: string }>('select count(*) from migrations');
  assert.ok(Number(applied.rows[0]?.count) > 0);
  assert.notEqual(one.url, other.url);
  await client.end();
  await one.drop();
  await other.drop();
  const gone = new pg.Client({ connectionString: one.url });
  await assert.rejects(gone.connect(), { code: '3D000' });
});
