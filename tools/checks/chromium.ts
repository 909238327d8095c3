import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { node, run } from './command.ts';
import { installPackages } from './debian.ts';

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** A Chromium that is on this machine. */
export function findChromium(): string | undefined {
  return [...usualPlaces, chromium.executablePath()].find((file) => existsSync(file));
}

/** A Chromium that is on this machine, or is brought here: from Debian, else by Playwright. */
export async function ensureChromium(): Promise<string | undefined> {
  const found = findChromium();
  if (found) return found;
  if (await installPackages(['chromium', 'fonts-liberation'])) return findChromium();
  console.log('No Chromium on this machine; downloading the one of Playwright …');
  const cli = new URL('cli.js', import.meta.resolve('playwright-core/package.json'));
  await run(node, [cli.pathname, 'install', 'chromium']);
  return findChromium();
}
