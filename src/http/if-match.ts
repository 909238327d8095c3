import type { FastifyRequest } from 'fastify';
import { Problem } from '../base/errors.ts';

/** The ETag of a version. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * Sees that a change is made to what its sender has read (RFC 9110, 13.1.1).
 * @param current the version that is stored, and what it is as the API shows it: whoever is refused gets it.
 * @throws Problem `if_match_missing`, or `version_changed` with the current one.
 */
export function requireVersion(request: FastifyRequest, current: { version: number; json: unknown }): void {
  const given = request.headers['if-match'];
  if (given === undefined) {
    throw new Problem('if_match_missing', 'Send the ETag of what you read as If-Match.');
  }
  const tags = given.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (tags.includes(etagOf(current.version))) return;
  throw new Problem('version_changed', 'Somebody has changed it since you read it. Nothing was changed.', {
    members: { current: current.json, etag: etagOf(current.version) },
  });
}
