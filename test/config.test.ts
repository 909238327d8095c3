import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { ConfigError, readConfig } from '../src/config.ts';

const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
const source = readFileSync(new URL('../src/config.ts', import.meta.url), 'utf8');

test('.env.example names every setting, and its values are the defaults', () => {
  const named = Object.keys(parseEnv(example)).toSorted();
  const read = [...source.matchAll(/env\.(?:text|int|oneOf|url)\('([A-Z_]+)'/g)].map((match) => match[1]!);
  assert.deepEqual(named, [...new Set(read)].toSorted());
  assert.deepEqual(readConfig(parseEnv(example)), readConfig({}));
});

test('every fault is named at once, in sentences, and no password is repeated', () => {
  const environment = {
    PORT: '70000',
    DATABASE_URL: 'mysql://root:hunter2@db/x',
    LOG_LEVEL: 'loud',
    TAQUILLA_SECRET: 'short',
  };
  assert.throws(
    () => readConfig(environment),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.faults.length, 4);
      for (const name of Object.keys(environment)) assert.ok(error.message.includes(name), name);
      assert.ok(!error.message.includes('hunter2'));
      return true;
    },
  );
});

test('settings of a provider go together, and the one that is missing is named', () => {
  const twilio = { TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 'a', TWILIO_SMS_FROM: '+15005550006' };
  assert.equal(readConfig(twilio).twilio?.apiUrl, 'https://api.twilio.com');
  for (const [environment, missing] of [
    [{ ...twilio, TWILIO_AUTH_TOKEN: '' }, / TWILIO_AUTH_TOKEN is missing/],
    [{ ...twilio, TWILIO_SMS_FROM: '' }, /TWILIO_SMS_FROM, TWILIO_WHATSAPP_FROM/],
    [{ META_APP_SECRET: 'a' }, / META_WHATSAPP_NUMBER_ID, META_ACCESS_TOKEN, META_VERIFY_TOKEN is missing/],
  ] as const) {
    assert.throws(() => readConfig(environment), missing);
  }
});
