import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';
import { parse, type AST } from 'svelte/compiler';
import { rights } from '../src/identity/roles.ts';

const root = path.join(import.meta.dirname, '../web/console/src');
const find = (pattern: string) => globSync(pattern, { cwd: root }).toSorted();

/** Every leaf of a tree of texts: its path, and a mark of what it is. */
function leaves(value: unknown, at = ''): string[] {
  if (typeof value === 'string') return [`${at}: ${value.trim() === '' ? 'empty' : 'text'}`];
  if (typeof value === 'function') return [`${at}: function of ${value.length}`];
  return Object.entries(value as object).flatMap(([name, inner]) => leaves(inner, `${at}/${name}`));
}

test('every text of the console is there in Spanish and in English', async () => {
  const files = find('**/*texts.ts').filter((file) => file !== 'lib/texts.ts');
  assert.ok(files.length > 3);
  for (const file of files) {
    const exported = (await import(pathToFileURL(path.join(root, file)).href)) as Record<string, unknown>;
    for (const both of Object.values(exported)) {
      const { es, en } = both as { es: unknown; en: unknown };
      assert.deepEqual(leaves(en), leaves(es), file);
      assert.ok(!leaves(es).some((leaf) => leaf.endsWith(': empty')), `${file} has an empty text`);
    }
  }
});

const spokenAttributes = new Set([
  'aria-label',
  'title',
  'placeholder',
  'alt',
  'label',
  'hint',
  'caption',
  'lead',
]);

/** Words that stand in a component's markup itself, where no language can change them. */
function rawWords(file: string): string[] {
  const source = readFileSync(path.join(root, file), 'utf8');
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, name, value, data } = node as AST.Text & { name?: string; value?: unknown };
    if (type === 'Text' && /\p{L}{2}/u.test(data)) found.push(data.trim());
    if ((type as string) === 'Attribute' && !spokenAttributes.has(name ?? '')) {
      for (const part of [value].flat()) if ((part as AST.Text)?.type !== 'Text') visit(part);
      return;
    }
    for (const inner of Object.values(node)) {
      if (Array.isArray(inner)) inner.forEach(visit);
      else visit(inner);
    }
  };
  visit(parse(source, { modern: true }).fragment);
  return found;
}

/** The name of the house and those of keys are the same in every language. */
const names = new Set(['Taquilla', 'Enter', 'Esc']);

test('no words stand in the markup, where only one language would see them', () => {
  const found = find('**/*.svelte').flatMap((file) =>
    rawWords(file)
      .filter((words) => !names.has(words))
      .map((words) => `${file}: ${words}`),
  );
  assert.deepEqual(found, []);
});

type Listed = { path: string; title: { es: string; en: string }; right: string | null; load: unknown };

test('every page has its title in both languages, a right that exists, and an address of its own', async () => {
  const { pages } = (await import(pathToFileURL(path.join(root, 'routes.ts')).href)) as { pages: Listed[] };
  for (const page of pages) {
    assert.ok(page.title.es.trim() !== '' && page.title.en.trim() !== '', page.path);
    assert.ok(
      page.right === null || (rights as readonly string[]).includes(page.right),
      `${page.path}: ${page.right}`,
    );
  }
  const shapes = pages.map((page) => page.path.replaceAll(/:[a-z_]+/g, ':'));
  assert.equal(new Set(shapes).size, shapes.length);
});
