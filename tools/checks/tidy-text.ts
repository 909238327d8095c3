const fileLinesMax = 500;
const longFiles = /\.(ts|mts|cts|mjs|cjs|js|svelte|css|sql|sh)$/;
const rooms =
  'base catalog pricing tax fiscal holds checkout orders payments fulfilment notifications progress ' +
  'cancellation bulk admission reporting identity webhooks tills audit db queue http telemetry cli';
const word = '[a-z0-9]+(-[a-z0-9]+)*';
const inRoom = new RegExp(
  `^src/(${rooms.split(' ').join('|')})/(${word}/)*${word}(\\.(store|route|job|schema|adapter))?\\.ts$`,
);
const verbNoun = /^[a-z]+(-[a-z0-9]+)+\.(route|job)\.ts$/;

// Put together here, so that this file does not break its own rules.
const reminders = ['TO' + 'DO', 'FIX' + 'ME'].join('|');
const unfinished = new RegExp(`(//|/\\*|^\\s*\\*|#|--|<!--).*\\b(${reminders})\\b`);
const switchedOff = new RegExp(
  `\\b(test|it|describe|suite|t)\\.(only|skip|to${'do'})\\b|\\b(only|skip): *(true|['"\`])`,
);
const machinePath = /(?<![\w.~-])\/(work|root|home\/[\w-]+|Users\/[\w-]+)\/\w/;
const secret = new RegExp(`-----BEGIN [A-Z ]*PRIVATE ${'KEY'}|\\bsk_live_\\w|\\bAKIA[0-9A-Z]{16}\\b`);

type Rule = { breaks: RegExp; says: string; only?: RegExp };

const lineRules: readonly Rule[] = [
  { breaks: unfinished, says: 'finish it, or write an issue' },
  { breaks: switchedOff, says: 'a test that does not run proves nothing', only: /^test\// },
  { breaks: machinePath, says: 'a path of one machine' },
  { breaks: secret, says: 'a secret' },
  { breaks: /"resolved": *"https?:/, says: 'the address of a registry', only: /package-lock\.json$/ },
  { breaks: /^\s*(@[\w-]+:)?registry\s*=|_authToken/, says: 'the address of a registry', only: /\.npmrc$/ },
];

/** Faults that can be seen without understanding the language: names, lengths, words. */
export function findTextFaults(file: string, text: string): string[] {
  const lines = text.split('\n');
  const faults = findNameFaults(file);
  const count = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  if (longFiles.test(file) && count > fileLinesMax) {
    faults.push(`${file}: ${count} lines; at most ${fileLinesMax}`);
  }
  const rules = lineRules.filter((rule) => !rule.only || rule.only.test(file));
  for (const [index, line] of lines.entries()) {
    for (const rule of rules) {
      if (rule.breaks.test(line))
        faults.push(`${file}:${index + 1}: ${rule.says}: ${line.trim().slice(0, 100)}`);
    }
  }
  return faults;
}

function findNameFaults(file: string): string[] {
  const name = file.split('/').at(-1) ?? '';
  if (file.startsWith('sql/') && !/^sql\/\d{4}_[a-z0-9_]+\.sql$/.test(file)) {
    return [`${file}: a migration is named 0001_what_it_makes.sql`];
  }
  if (!file.startsWith('src/') || /^src\/(main|compose(-\w+)?|config)\.ts$/.test(file)) return [];
  if (!inRoom.test(file)) {
    return [
      `${file}: not a name of this house: a room of DESIGN, then noun.ts, or .store, .route, .job, .schema, .adapter`,
    ];
  }
  if (name === 'index.ts') return [`${file}: no barrels; import from the file itself`];
  if (/\.(route|job)\.ts$/.test(name) && !verbNoun.test(name))
    return [`${file}: a route or a job is a verb-noun`];
  return [];
}
