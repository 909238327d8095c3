import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorTable, Problem } from '../base/errors.ts';
import { systemIds } from '../base/ids.ts';
import { problemBody, problemMediaType } from './problem.ts';

function toProblem(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers_too_large', 'The headers of the request are too large.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request_timeout', 'The request took too long to arrive.');
    default:
      return new Problem('request_malformed', 'This is not a valid HTTP request.');
  }
}

function isAnswering(socket: Socket): boolean {
  const answer = (socket as { _httpMessage?: { headersSent: boolean } | null })._httpMessage;
  return answer?.headersSent === true;
}

/** Answers what Node's HTTP parser refuses before there is a request, then closes the connection. */
export function handleClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  // Text in the middle of another answer would corrupt it.
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const problem = toProblem(error.code);
  const { status } = errorTable[problem.code];
  const requestId = systemIds.uuid();
  const body = problemBody(problem, requestId);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${problemMediaType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'cache-control: no-store',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
