import { follow } from '../../../shared/src/live.ts';

const pollMilliseconds = 10_000;

/**
 * Follows a server-sent stream for as long as the component stands that calls this while it is set up; while there is no
 * stream, it polls, and the stream is opened again.
 * @param url is read as an effect reads: another one ends the stream and opens the other.
 * @param poll asks for all that the events would have told.
 */
export function live(
  url: () => string,
  names: readonly string[],
  onEvent: (name: string, data: unknown) => void,
  poll: () => Promise<void>,
): void {
  $effect(() => follow({ url: url(), names, onEvent, poll, pollMilliseconds }));
}
