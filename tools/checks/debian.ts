import { existsSync } from 'node:fs';
import { run } from './command.ts';

/** Installs Debian packages where that is possible without asking anybody: as root, on Debian. */
export async function installPackages(names: readonly string[]): Promise<boolean> {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return false;
  console.log(`Installing from Debian: ${names.join(' ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const updated = await run('apt-get', ['update', '-qq'], { env });
  return updated && run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], { env });
}
