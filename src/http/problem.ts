import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { errorTable, Problem, type ErrorCode } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { isPassingError } from '../db/transaction.ts';

export const problemMediaType = 'application/problem+json';

/** A problem as the client reads it (RFC 9457). */
export function problemBody(problem: Problem, requestId: string): string {
  const { status, title } = errorTable[problem.code];
  return JSON.stringify({
    type: `/problems/${problem.code}`,
    title,
    status,
    code: problem.code,
    detail: problem.message,
    request_id: requestId,
    errors: problem.errors,
    ...problem.members,
  });
}

/** Answers a request with a problem. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.retryAfterSeconds !== undefined) {
    reply.header('retry-after', Math.max(1, Math.ceil(problem.retryAfterSeconds)));
  }
  reply.problemCode = problem.code;
  return (
    reply
      .code(errorTable[problem.code].status)
      .header('cache-control', 'no-store')
      // A URL that cannot be parsed is answered before any hook runs.
      .header('x-request-id', reply.request.id)
      .type(problemMediaType)
      .serializer(String)
      .send(problemBody(problem, reply.request.id))
  );
}

const kilobytes = Math.floor(limits.bodyBytesMax / 1024);

/** What Fastify itself refuses, by the code of its error. */
const refusals: Record<string, [ErrorCode, string]> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['media_type_unsupported', 'Send the body as application/json.'],
  FST_ERR_CTP_EMPTY_TYPE: ['media_type_unsupported', 'Send the body as application/json.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', `A body may have at most ${kilobytes} KiB.`],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'request_malformed',
    'The body is not as long as Content-Length says.',
  ],
  FST_ERR_BAD_URL: ['request_malformed', 'The address is not a valid URL path.'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'There is nothing at this address.'],
  FST_ERR_ASYNC_CONSTRAINT: ['request_malformed', 'A header of the request is malformed.'],
};

/** The refusal that an error means, or null when it is a fault of ours. */
function toProblem(error: FastifyError, request: FastifyRequest): Problem | null {
  if (error instanceof Problem) return error;
  const refusal = refusals[error.code];
  if (refusal) return new Problem(...refusal);
  // The client went away, or cut its body off: nobody reads the answer, and nothing of ours is broken.
  if (request.raw.destroyed && !request.raw.complete) {
    return new Problem('request_malformed', 'The request ended before its body was complete.');
  }
  return null;
}

function toFault(error: FastifyError): Problem {
  if (isPassingError(error)) {
    return new Problem('unavailable', 'The database does not answer right now. Try again.', {
      retryAfterSeconds: 2,
    });
  }
  return new Problem(
    'internal_error',
    'Something went wrong on our side; nothing that you sent is to blame.',
  );
}

/**
 * Lets the rest of a body that is too large run through, within a limit: a connection that is closed while
 * the client still sends loses the answer on its way.
 */
function discardRest(request: FastifyRequest): void {
  let bytes = 0;
  request.raw.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limits.discardedBodyBytesMax) request.raw.destroy();
  });
}

/** Turns whatever was thrown while a request was served into its answer; the one error handler. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  // Fastify closes the connection after every body it could not read; most were read to their end.
  reply.removeHeader('connection');
  const problem = toProblem(error, request);
  if (problem) {
    if (problem.code === 'body_too_large') discardRest(request);
    void sendProblem(reply, problem);
    return;
  }
  request.log.error({ err: error }, 'request failed');
  void sendProblem(reply, toFault(error));
}
