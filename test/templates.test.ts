import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { locales } from '../src/base/format.ts';
import { brandFacts, inkOn, noBrand } from '../src/notifications/brand.ts';
import { builtInSource, builtInTemplate, houseVoice } from '../src/notifications/built-in-template.ts';
import { isForReceiver, messageKinds } from '../src/notifications/message-kind.ts';
import { saleFacts } from '../src/notifications/sale-facts.ts';
import { measureSms } from '../src/notifications/sms-text.ts';
import { exampleFacts, variablesOf } from '../src/notifications/template-variables.ts';
import { compileSource, prepareTemplate, type TemplateSource } from '../src/notifications/template.ts';
import { saleMailSubject, writeSaleMail } from '../src/notifications/sale-mail.ts';
import { sampleMessage, sampleSale } from './support/sample-sale.ts';

const source = (
  changes: Partial<TemplateSource['mail']> & { sms?: string; variables?: string[] },
): TemplateSource => {
  const house = builtInSource('tickets', 'es');
  const { sms = house.sms, variables = [], ...mail } = changes;
  return { mail: { ...house.mail, ...mail }, sms, whatsapp: { template: 'x', variables } };
};
const body = (inner: string) =>
  `<mjml>\n<mj-body><mj-section><mj-column>\n${inner}\n</mj-column></mj-section></mj-body></mjml>`;

function faults(template: TemplateSource): [string, string, string][] {
  const result = compileSource('tickets', template);
  return 'errors' in result ? result.errors.map(({ path, code, message }) => [path, code, message]) : [];
}

function fill(template: TemplateSource, facts: Record<string, string | boolean | null>) {
  const result = compileSource('tickets', template);
  assert.ok('compiled' in result, JSON.stringify(result));
  return prepareTemplate('es', result.compiled).fillMail({ ...exampleFacts('tickets', 'es'), ...facts });
}

describe('the templates of the house', () => {
  test('each compiles, says everything in its language, and leaves no tag behind', () => {
    for (const kind of messageKinds) {
      for (const locale of locales) {
        const template = builtInTemplate(kind, locale);
        const facts = exampleFacts(kind, locale);
        const mail = template.fillMail(facts);
        const whatsapp = template.fillWhatsapp(facts);
        for (const text of [
          mail.subject,
          mail.html,
          mail.text,
          template.fillSms(facts),
          ...whatsapp.variables,
        ]) {
          assert.doesNotMatch(text, /\{\{|\}\}|undefined|\[object|<mj-/, `${kind} ${locale}`);
        }
        assert.ok(mail.html.includes(`lang="${locale}"`));
        const link = ['order_url', 'transfer_url', 'ticket_url'].find((name) => name in facts)!;
        assert.ok(mail.text.includes(facts[link] as string));
        assert.equal(link === 'order_url', !isForReceiver(kind));
        assert.doesNotMatch(mail.text, /\n{3}|<|&\w+;/);
        const { encoding, segments } = measureSms(template.fillSms(facts));
        assert.deepEqual([encoding, segments], ['gsm7', 1], `${kind} ${locale}`);
      }
    }
  });

  test('sections that have nothing to say leave no trace', () => {
    const facts = { ...exampleFacts('event_changed', 'es'), old_date: null, old_venue: '', note: null };
    const { html, text } = builtInTemplate('event_changed', 'es').fillMail(facts);
    assert.doesNotMatch(text, /anterior/);
    assert.doesNotMatch(html, /anterior/);
    const without = builtInTemplate('tickets', 'es').fillMail({
      ...exampleFacts('tickets', 'es'),
      order_url: null,
    });
    assert.doesNotMatch(without.html, /href="http|Ver mi compra/);
  });

  test('the tickets mail of a sale names places, sums and the order', () => {
    const message = sampleMessage(sampleSale({ locale: 'en' }));
    const links = {
      self: '',
      events: '',
      tickets: '',
      calendar: '',
      ticket_page: 'https://shop.example/tickets/1?token=1.a',
      pay: '',
      short: 'https://shop.example/o/1',
      page: 'https://shop.example/orders/1?token=1.a&b=c',
    };
    const mail = writeSaleMail(message, Buffer.from('pdf'), 'tickets@seller.example', links);
    assert.equal(mail.subject, saleMailSubject(message));
    assert.match(mail.text, /^Platea, row F, seat 12 \$24\.70$/m);
    assert.match(mail.text, /^De pie, general admission \$24\.70$/m);
    assert.match(mail.text, /^Total \$49\.40$/m);
    assert.match(mail.text, /^Taxes within the total \$6\.40$/m);
    assert.match(mail.text, /^Invoice A-00000042$/m);
    assert.ok(mail.text.includes(links.page));
    assert.ok(mail.html.includes('href="https://shop.example/orders/1?token=1.a&amp;b=c"'));
    assert.deepEqual(writeSaleMail(message, Buffer.from('pdf'), 'tickets@seller.example', links), mail);
    assert.equal(mail.attachments[0]?.filename, 'tickets-A-00000042.pdf');
  });

  test("a brand's name, logo and colour stand in the mail, and its ink can be read", () => {
    const brand = {
      name: 'Ópera <Lago>',
      logoUrl: 'https://cdn.example/logo.png',
      logoSha256: null,
      color: '#ffee00',
    };
    const { html } = builtInTemplate('tickets', 'es').fillMail(saleFacts(sampleSale(), brand, null));
    assert.ok(html.includes('src="https://cdn.example/logo.png"'));
    assert.ok(html.includes('alt="Ópera &lt;Lago&gt;"'));
    assert.ok(html.includes('#ffee00'));
    assert.doesNotMatch(html, /fonts\.googleapis|@import/, 'nothing is fetched but the logo');
    assert.equal(inkOn('#ffee00'), '#1b1e27');
    assert.equal(inkOn('#16213f'), '#ffffff');
    const plain = brandFacts(noBrand, 'Teatro', { deep: '#16213f', glow: '#f4b942' });
    assert.equal(plain['brand_name'], 'Teatro');
    assert.equal(houseVoice.brand, noBrand);
  });
});

describe('what people write', () => {
  const hostile = '<script>alert(1)</script>" onload="x" \'{{total}}{{#places}} &amp;\r\nBcc: x@y.z';

  test('is escaped in HTML, and stays as it is in text', () => {
    const { html, text, subject } = fill(source({}), { customer_name: hostile, event_name: hostile });
    assert.doesNotMatch(html, /<script|" onload="/);
    assert.ok(
      html.includes('&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&quot;x&quot; &#39;{{total}}'),
    );
    assert.ok(text.includes('<script>alert(1)</script>" onload="x"'));
    assert.doesNotMatch(subject, /[\r\n]/);
  });

  test('whatever it is, no element of it comes alive', () => {
    const template = source({ mjml: body('<mj-text>START{{customer_name}}END</mj-text>') });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const { html } = fill(template, { customer_name: `<b>${name}</b>` });
        const inner = html.slice(html.indexOf('START') + 5, html.lastIndexOf('END'));
        assert.doesNotMatch(inner, /[<>"']/);
      }),
      { numRuns: 50 },
    );
  });

  test('fills WhatsApp variables on one line each, and never with nothing', () => {
    const template = prepareTemplate('es', {
      ...source({ variables: ['{{customer_name}}', '{{venue_address}}'] }),
      html: '',
      text: '',
    });
    const facts = {
      ...exampleFacts('tickets', 'es'),
      customer_name: 'Ana\n\n\t  María',
      venue_address: null,
    };
    assert.deepEqual(template.fillWhatsapp(facts).variables, ['Ana María', '-']);
  });
});

describe('a template that cannot be used is refused with the place of its fault', () => {
  test('an unknown variable, with the one that was meant', () => {
    const mjml = body('<mj-text>Hola\n  {{custmer_name}}, {{total}}</mj-text>');
    assert.deepEqual(faults(source({ mjml })), [
      [
        '/mail/mjml',
        'unknown_variable',
        'Line 4, column 3: "custmer_name" is not a variable of this kind of message. Did you mean "customer_name"?',
      ],
    ]);
    assert.deepEqual(
      faults(
        source({
          subject: '{{constructor}}',
          text: '{{__proto__}}',
          sms: '{{a.b}}',
          variables: ['a', '{{x}}'],
        }),
      ).map(([path, code]) => `${path} ${code}`),
      [
        '/mail/subject unknown_variable',
        '/mail/text unknown_variable',
        '/sms unknown_variable',
        '/whatsapp/variables/1 unknown_variable',
      ],
    );
  });

  test('fields of a list outside of it, and lists and flags as texts', () => {
    assert.deepEqual(
      faults(
        source({ sms: '{{place}} {{places}} {{one_place}} {{#places}}{{place}} {{total}}{{/places}}' }),
      ).map(([, code]) => code),
      ['unknown_variable', 'list_as_text', 'flag_as_text'],
    );
  });

  test('tags that do not fit, would not be escaped, or bring in something else', () => {
    const cases: [string, string][] = [
      ['{{#places}}', 'syntax'],
      ['{{/places}}', 'syntax'],
      ['{{total', 'syntax'],
      ['{{{total}}}', 'unescaped'],
      ['{{&total}}', 'unescaped'],
      ['{{>total}}', 'not_allowed'],
      ['{{=<% %>=}}', 'not_allowed'],
      [`${'{{#total}}'.repeat(8)}${'{{/total}}'.repeat(8)}`, 'too_deep'],
    ];
    for (const [sms, code] of cases) assert.deepEqual(faults(source({ sms }))[0]?.[1], code, sms);
  });

  test('MJML that is none, elements that it does not have, and includes', () => {
    const cases: [string, RegExp][] = [
      ['<mjml><mj-body>', /unexpected end/],
      [body('<mj-txt>a</mj-txt>'), /^Line 3, column 1: <mj-txt> is not an element of MJML/],
      [body('<mj-include path="/etc/passwd" />'), /include/],
      ['Hola', /./],
    ];
    for (const [mjml, message] of cases) {
      const [fault] = faults(source({ mjml }));
      assert.equal(fault?.[0], '/mail/mjml');
      assert.match(fault[2], message, mjml);
    }
  });

  test('links that a buyer could steer, or that run something', () => {
    const link = (href: string) =>
      faults(source({ mjml: body(`<mj-button href="${href}">x</mj-button>`) }))[0]?.[1];
    for (const good of [
      '{{order_url}}',
      'https://x.example/{{total}}',
      'mailto:a@b.c',
      '{{ order_url }}#x',
    ]) {
      assert.equal(link(good), undefined, good);
    }
    for (const bad of [
      '{{customer_name}}',
      'javascript:alert(1)',
      '{{^taxes}}https://x{{/taxes}}',
      'data:text/html,x',
    ]) {
      assert.equal(link(bad), 'link_not_allowed', bad);
    }
  });

  test('every variable has an example in both languages', () => {
    for (const kind of messageKinds) {
      for (const { name, example, type, fields } of variablesOf(kind)) {
        assert.ok('es' in example && 'en' in example, name);
        assert.equal(type === 'list', fields.length > 0, name);
      }
    }
  });
});
