// A reporter for node --test that writes nothing but the counts of the whole run, for the last line.

/** Yields the counts once, as JSON. */
export default async function* tally(events) {
  for await (const event of events) {
    if (event.type === 'test:summary' && event.data.file === undefined)
      yield JSON.stringify(event.data.counts);
  }
}
