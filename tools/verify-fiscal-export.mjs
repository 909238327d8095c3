// Checks fiscal.jsonl of `taquilla export-fiscal` with Node alone: node verify-fiscal-export.mjs FILE
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
const sha = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const records = readFileSync(process.argv[2], 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const get = (...kinds) => records.filter(({ record }) => kinds.includes(record));
const check = (so, what) => so || (console.log(`WRONG: ${what}`), (process.exitCode = 1));
const documents = get('document', 'credit_note').sort((a, b) => a.number - b.number);
const [hashes, sums, ranges] = [new Map(), new Map(), get('z_range')];
for (const d of documents) {
  const chain = `${d.series_id}|${d.block_id ?? ''}`;
  const before = hashes.get(chain) ?? (d.block_id === null ? '' : sha(chain));
  const facts = [d.series_id, d.number, d.transaction_id, d.issued_at_micros, d.taxes, d.total, d.currency];
  hashes.set(chain, sha(before, facts.join('|')));
  check(hashes.get(chain).toString('hex') === d.hash, `the hash of ${d.series_id}/${d.number}`);
  const has = (r) => r.series_id === d.series_id && r.first_number <= d.number && r.last_number >= d.number;
  const [z, ...more] = ranges
    .filter(has)
    .map((r) => `Z ${r.z_number} of point ${r.point_id} in ${d.currency}`);
  check(more.length === 0, `${d.series_id}/${d.number} is in several Zs`);
  sums.set(z, (sums.get(z) ?? 0) + (d.record === 'document' ? d.total : -d.total));
}
for (const { series_id, first_number, next_number } of get('series')) {
  const numbers = [...documents, ...get('number_without_document')];
  const single = numbers.map((d) => ({ ...d, from: d.number, to: d.number }));
  const rests = get('block').map((b) => ({ ...b, from: b.rest_number ?? b.next_number, to: b.last_number }));
  const spans = [...single, ...rests].filter((s) => s.series_id === series_id && s.from <= s.to);
  const end = spans
    .sort((a, b) => a.from - b.from)
    .reduce((n, { from, to }) => (from === n ? to + 1 : NaN), first_number);
  check(end === next_number, `series ${series_id} has a hole, or a number twice`);
}
for (const { number, point_id, balance } of get('z'))
  for (const { currency, total } of balance) {
    const name = `Z ${number} of point ${point_id} in ${currency}`;
    check((sums.get(name) ?? 0) === total, `the total of ${name}`);
  }
if (!process.exitCode) console.log(`${documents.length} documents and ${get('z').length} Zs are sound.`);
