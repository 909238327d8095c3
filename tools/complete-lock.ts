// Completes package-lock.json after `npm install` against a registry that does not hold the packages of
// every platform: npm leaves those out, and then `npm ci` refuses the file, here and everywhere.
// Run it after each change of the packages: `npm run lock`.
import { readFileSync, writeFileSync } from 'node:fs';

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32', 'windows'];
const processors = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32'];
const libraries: Record<string, string> = {
  gnu: 'glibc',
  musl: 'musl',
  gnueabihf: 'glibc',
  musleabihf: 'musl',
};

type Entry = { dev?: boolean; optionalDependencies?: Record<string, string> };
type Lock = { packages: Record<string, Entry> };

/** The optional packages that the lock file should name and does not, by their place in the tree. */
export function findMissing({ packages }: Lock): Record<string, Entry> {
  const missing: Record<string, Entry> = {};
  for (const [place, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!isFound(packages, place, name)) missing[`node_modules/${name}`] = describe(name, version, entry);
    }
  }
  return missing;
}

/** Looks where Node looks: beside the package, then in every node_modules above it. */
function isFound(packages: Lock['packages'], place: string, name: string): boolean {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${folder}${folder && '/'}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

/** Without the digest, which only a registry knows; npm takes it from there when it installs the package. */
function describe(name: string, version: string, parent: Entry): Entry {
  const words = name.split(/[/-]/);
  const pick = (list: string[]) => list.filter((word) => words.includes(word)).slice(0, 1);
  const os = pick(systems).map((system) => (system === 'windows' ? 'win32' : system));
  const cpu = pick(processors);
  const libc = Object.keys(libraries).filter((word) => words.includes(word));
  const entry = {
    version,
    ...(cpu.length > 0 && { cpu }),
    ...(parent.dev && { dev: true }),
    ...(libc.length > 0 && { libc: libc.map((word) => libraries[word]) }),
    optional: true,
    ...(os.length > 0 && { os }),
  };
  return entry;
}

if (import.meta.main) {
  const file = new URL('../package-lock.json', import.meta.url);
  const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock;
  const missing = findMissing(lock);
  const all = Object.entries({ ...lock.packages, ...missing });
  lock.packages = Object.fromEntries(all.toSorted(([a], [b]) => a.localeCompare(b, 'en')));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${Object.keys(missing).length} packages added to package-lock.json`);
}
