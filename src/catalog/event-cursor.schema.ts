import { Problem } from '../base/errors.ts';
import { parseEventId, type EventKey } from '../base/ids.ts';

/** The event that a page before ended with. @throws Problem `body_invalid` for a text that is no event's id. */
export function readEventCursor(startingAfter: string | undefined): EventKey | undefined {
  if (startingAfter === undefined) return undefined;
  const key = parseEventId(startingAfter);
  if (key) return key;
  const message = 'needs to be the id of an event, such as "1-3"';
  throw new Problem('body_invalid', 'The query string is wrong; "errors" names each parameter.', {
    errors: [{ path: 'query/starting_after', code: 'id_invalid', message }],
  });
}
