import ts from 'typescript';

const functionLinesMax = 70;

/** Faults that need the syntax tree: long functions, missing doc comments, forbidden reaches. */
export function findCodeFaults(file: string, text: string): string[] {
  if (!/\.(ts|mts|cts|mjs|cjs|js|svelte)$/.test(file)) return [];
  const code = file.endsWith('.svelte') ? scriptsOf(text) : text;
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true);
  const faults: string[] = [];
  const add = (node: ts.Node, says: string) =>
    faults.push(`${file}:${lineOf(source, node.getStart())}: ${says}`);
  const visit = (node: ts.Node): void => {
    checkLength(source, node, add);
    checkReaches(file, node, add);
    ts.forEachChild(node, visit);
  };
  visit(source);
  if (/^(src|web)\//.test(file)) checkBarrel(source, add);
  if (file.startsWith('src/')) checkDocComments(source, add);
  if (file.endsWith('.route.ts')) checkRoute(file, source, add);
  return faults;
}

type Add = (node: ts.Node, says: string) => void;

/** The scripts of a Svelte file; the lines before them stay as empty ones, so that numbers fit. */
function scriptsOf(text: string): string {
  let code = '';
  for (const match of text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)) {
    const start = match.index + match[0].indexOf('>') + 1;
    const missing = text.slice(0, start).split('\n').length - code.split('\n').length;
    code += '\n'.repeat(Math.max(0, missing)) + (match[1] ?? '');
  }
  return code;
}

function lineOf(source: ts.SourceFile, position: number): number {
  return source.getLineAndCharacterOfPosition(position).line + 1;
}

function checkLength(source: ts.SourceFile, node: ts.Node, add: Add): void {
  if (!ts.isFunctionLike(node) || !('body' in node) || !node.body || isListOfTests(node)) return;
  const lines = lineOf(source, node.getEnd()) - lineOf(source, node.getStart()) + 1;
  if (lines > functionLinesMax) add(node, `a function of ${lines} lines; at most ${functionLinesMax}`);
}

/** What describe() is given is a list of tests, not a function to be understood as a whole. */
function isListOfTests(node: ts.Node): boolean {
  const call = node.parent;
  return ts.isCallExpression(call) && /^(describe|suite)$/.test(call.expression.getText());
}

function checkReaches(file: string, node: ts.Node, add: Add): void {
  if (!/^(src|web\/[a-z]+\/src)\//.test(file)) return;
  const isEnvironment = ts.isPropertyAccessExpression(node) && node.getText() === 'process.env';
  const importsProcess =
    ts.isImportDeclaration(node) && /^['"](node:)?process['"]$/.test(node.moduleSpecifier.getText());
  if ((isEnvironment || importsProcess) && file !== 'src/main.ts') {
    add(node, 'the environment is read in src/main.ts alone');
  }
  const from = moduleOf(node);
  if (from === 'pg' && !file.startsWith('src/db/'))
    add(node, 'the driver pg, its types included, stays in src/db');
}

function moduleOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
    return node.moduleSpecifier.text;
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal);
  const isImportCall = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isImportCall ? textOf(node.arguments[0]) : undefined;
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteral(node) ? node.text : undefined;
}

function checkBarrel(source: ts.SourceFile, add: Add): void {
  for (const statement of source.statements) {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier) {
      add(statement, 'no barrels; import from the file itself');
    }
  }
}

function isExported(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)
  );
}

function checkDocComments(source: ts.SourceFile, add: Add): void {
  let above: string | undefined;
  for (const statement of source.statements) {
    const name = exportedFunction(statement);
    const hasDoc = ts.getJSDocCommentsAndTags(statement).length > 0;
    // The first of several overloads speaks for all of them.
    if (name && !hasDoc && name !== above) add(statement, `${name} has no doc comment`);
    above = name;
  }
}

function exportedFunction(statement: ts.Statement): string | undefined {
  if (!isExported(statement)) return undefined;
  if (ts.isFunctionDeclaration(statement)) return statement.name?.text ?? 'the default function';
  if (!ts.isVariableStatement(statement)) return undefined;
  const made = statement.declarationList.declarations.find(
    ({ initializer }) =>
      initializer && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer)),
  );
  return made?.name.getText();
}

/** verb-noun.route.ts exports the function verbNounRoute, and what else it exports are types. */
function checkRoute(file: string, source: ts.SourceFile, add: Add): void {
  const base = (file.split('/').at(-1) ?? '').replace(/\.route\.ts$/, '');
  const expected = `${base.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}Route`;
  const values = source.statements.filter(
    (statement) =>
      isExported(statement) && !ts.isTypeAliasDeclaration(statement) && !ts.isInterfaceDeclaration(statement),
  );
  const names = values.map((statement) => exportedFunction(statement));
  if (names.length !== 1 || names[0] !== expected) add(source, `exports one value, the function ${expected}`);
}
