import { convert } from 'html-to-text';
import { Engine } from 'mrml';

/** HTML for mail programs, or where and why the MJML cannot be read. */
export type CompiledMjml = { html: string } | { message: string; position: number | null };

let engine: Engine | undefined;

/** Without the web fonts that MJML fetches for some names: a mail that is opened tells nobody. */
function createEngine(): Engine {
  const made = new Engine();
  made.setRenderOptions({ disableComments: false, socialIconOrigin: null, fonts: {} });
  return made;
}

/** Turns MJML into HTML. Nothing is fetched and no file is read: an include is an error. */
export function compileMjml(source: string): CompiledMjml {
  engine ??= createEngine();
  const result = engine.toHtml(source);
  if (result.type === 'error') {
    const details = result.origin === 'parser' ? result.details : null;
    const position = details && 'position' in details ? details.position.start : null;
    return { message: result.message.replace(/ in root template.*$/, ''), position };
  }
  // Elements that MJML does not have come out as they went in.
  const unknown = /<(mj-[\w-]+)/.exec(result.content)?.[1];
  if (unknown === undefined) return { html: result.content };
  return { message: `<${unknown}> is not an element of MJML here`, position: source.indexOf(`<${unknown}`) };
}

// Section tags around whole rows and blocks stand on lines of their own, which vanish when they are filled.
const beforeBlock = /(\{\{[#^/]\w+\}\})(?=\s*(?:<!--[^>]*-->\s*)?<\/?(?:tr|table|tbody|div|p|h\d|li|ul)\b)/g;

/** The plain text of a mail's HTML, with the template's tags still in it. */
export function textOfHtml(html: string): string {
  const marked = html.replaceAll(beforeBlock, '<br>$1<br>');
  const block = { format: 'block', options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } };
  const paragraph = { format: 'block', options: { leadingLineBreaks: 2, trailingLineBreaks: 2 } };
  const text = convert(marked, {
    wordwrap: false,
    formatters: {
      cell(element, walk, builder) {
        walk(element.children, builder);
        builder.addInline(' ');
      },
    },
    selectors: [
      ...['table', 'tr', 'div'].map((selector) => ({ selector, ...block })),
      ...['p', 'h1', 'h2', 'h3', 'div[style*="font-family"]'].map((selector) => ({ selector, ...paragraph })),
      { selector: 'td', format: 'cell' },
      { selector: 'img', format: 'skip' },
      { selector: 'div[style*="display:none"]', format: 'skip' },
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: false } },
    ],
  });
  const lines = text.split('\n').map((line) => line.replaceAll(/[ \u00A0]+/g, ' ').trim());
  return `${lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}
