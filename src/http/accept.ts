/** How much an Accept header wants a media type, from 0 to 1; the most specific range decides. */
function quality(accept: string, type: string): number {
  const [group] = type.split('/');
  let best = { rank: -1, q: 0 };
  for (const part of accept.toLowerCase().split(',')) {
    const [range, ...parameters] = part.split(';').map((one) => one.trim());
    const rank = [`*/*`, `${group}/*`, type].indexOf(range ?? '');
    if (rank <= best.rank) continue;
    const q = Number(parameters.find((one) => one.startsWith('q='))?.slice(2) ?? 1);
    best = { rank, q: q >= 0 && q <= 1 ? q : 0 };
  }
  return best.q;
}

/** Whether a client that sent this Accept header would rather have a page than data. */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  return quality(accept, 'text/html') > quality(accept, 'application/json');
}

/** Whether a client that sent this Accept header would rather have CSV than JSON. */
export function prefersCsv(accept: string | undefined): boolean {
  return accept !== undefined && quality(accept, 'text/csv') > quality(accept, 'application/json');
}

/** Whether a client that sent this Accept header takes a page at all. */
export function acceptsHtml(accept: string | undefined): boolean {
  return accept === undefined || quality(accept, 'text/html') > 0;
}
