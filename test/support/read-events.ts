import { get } from 'node:http';

/** One event of a stream, as it stood on the wire. */
export type StreamEvent = { id: number; event: string; data: { step: string; state: string; at: string } };

function parse(block: string): StreamEvent | null {
  const fields = new Map(
    block
      .split('\n')
      .map((line): [string, string] => [line.split(': ', 1)[0]!, line.slice(line.indexOf(': ') + 2)]),
  );
  const [id, event, data] = [fields.get('id'), fields.get('event'), fields.get('data')];
  // What is a state and not an event has no id.
  return event && data ? { id: Number(id ?? 0), event, data: JSON.parse(data) as StreamEvent['data'] } : null;
}

/**
 * Reads a stream of events to its end, or until so many or a certain one have come, and then cuts the connection.
 * @throws when the stream is refused.
 */
export function readEvents(
  url: string,
  options: {
    max?: number;
    until?: (event: StreamEvent) => boolean;
    headers?: Record<string, string>;
  } = {},
): Promise<StreamEvent[]> {
  const { max = Infinity, until = () => false, headers = {} } = options;
  return new Promise((resolve, reject) => {
    const events: StreamEvent[] = [];
    const request = get(url, { headers, agent: false }, (answer) => {
      if (answer.statusCode === 204) resolve(events);
      else if (answer.statusCode !== 200) reject(new Error(`the stream answered ${answer.statusCode}`));
      let rest = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop()!;
        events.push(...blocks.flatMap((block) => parse(block) ?? []));
        if (events.length < max && !events.some(until)) return;
        resolve(events.slice(0, max));
        request.destroy();
      });
      answer.on('close', () => resolve(events));
      answer.on('error', () => {});
    });
    request.on('error', reject);
  });
}
