import { chromium, type Browser } from 'playwright-core';
import { findChromium } from '../../tools/checks/chromium.ts';

/** A headless Chromium that speaks to nobody but the pages under test. @param more arguments of its command line. */
export function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('no Chromium on this machine; `npm test -- browser` brings one');
  return chromium.launch({
    executablePath,
    // Chromium's sandbox does not start for root.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}
