import { hideCardNumbers, holdsCardNumber } from '../base/card-number.ts';
import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

// A sale's secret link and a hold's token stand for the person who has them.
const secretParameter = /([?&](?:token|hold_token)=)[^&#]*/gi;
const secretSegment = /\/(holds|checkout)\/[A-Za-z0-9_-]{16,}/g;

/** A URL without what looks like the number of a card, also where its digits or what is between them is escaped. */
function hideInUrl(url: string): string {
  const read = url
    .replaceAll('+', ' ')
    .replaceAll(/%([2-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return holdsCardNumber(read) ? hideCardNumbers(read) : url;
}

/** A URL with its tokens taken out, and what looks like the number of a card, as it may stand in a log. */
export function redactUrl(url: string): string {
  return hideInUrl(url).replace(secretParameter, '$1[redacted]').replace(secretSegment, '/$1/[redacted]');
}

/**
 * Creates the logger of a process: one JSON object a line. Personal data is never given to it: no
 * names, no addresses, no bodies, no headers.
 */
export function createLogger(options: { level: string; destination?: DestinationStream }): Logger {
  const output = pino.destination(1);
  // What cannot be logged, as on a full disk, is lost; unheard, the fault would end the process.
  output.on('error', () => {});
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      messageKey: 'message',
    },
    options.destination ?? output,
  );
}
