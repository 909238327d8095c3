import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { measureSms, toSmsText } from '../src/notifications/sms-text.ts';

test('an SMS of the GSM alphabet holds 160 septets, parts of a longer one 153', () => {
  const lengths: [number, number][] = [
    [0, 1],
    [160, 1],
    [161, 2],
    [306, 2],
    [307, 3],
  ];
  for (const [units, segments] of lengths) {
    assert.deepEqual(measureSms('a'.repeat(units)), { encoding: 'gsm7', units, segments });
  }
});

test('the euro sign and brackets take two places, and are never cut in two', () => {
  assert.deepEqual(measureSms('€'.repeat(80)), { encoding: 'gsm7', units: 160, segments: 1 });
  assert.deepEqual(measureSms('€'.repeat(81)), { encoding: 'gsm7', units: 162, segments: 2 });
  // 76 pairs fit into the 153 septets of a part, and one septet stays empty.
  assert.deepEqual(measureSms('€'.repeat(153)), { encoding: 'gsm7', units: 306, segments: 3 });
});

test('one letter beyond the alphabet makes the message UCS-2, of which 70 units fit', () => {
  assert.deepEqual(measureSms(`${'a'.repeat(69)}ł`), { encoding: 'ucs2', units: 70, segments: 1 });
  assert.deepEqual(measureSms('日'.repeat(71)), { encoding: 'ucs2', units: 71, segments: 2 });
  // Surrogate pairs stay together: 33 of them are 66 of the 67 units of a part.
  assert.deepEqual(measureSms('🎭'.repeat(67)), { encoding: 'ucs2', units: 134, segments: 3 });
});

test('Spanish fits the alphabet: letters that it lacks lose their accents', () => {
  assert.equal(
    toSmsText('Función única: “Ñandú” — ¿cuándo? ¡Mañana!'),
    'Funcion unica: "Ñandu" - ¿cuando? ¡Mañana!',
  );
  assert.equal(toSmsText('é à ñ ü ç'), 'é à ñ ü c');
  assert.equal(toSmsText('8:30\u00A0p.\u202Fm.\u200B'), '8:30 p. m.');
  assert.equal(measureSms(toSmsText('Función única de la ópera')).encoding, 'gsm7');
});

test('no text is longer after it was simplified, and simplifying twice changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      const once = toSmsText(text);
      assert.equal(toSmsText(once), once);
      assert.ok(measureSms(once).segments >= 1);
    }),
  );
});
