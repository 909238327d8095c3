const keepAlive = 'host: 127.0.0.1\r\ncontent-type: application/json\r\n';

/** Makes the text of `POST /sales/checkout/confirm/` for a hold. Everything that differs is ASCII. */
export function confirmRequests(path: string, name: string): (token: string, number: number) => string {
  const head = `POST ${path} HTTP/1.1\r\n${keepAlive}`;
  return (token, number) => {
    const email = `buyer${number}@bench.invalid`;
    const body = `{"hold_token":"${token}","customer":{"name":"Ana Maria Gonzalez","email":"${email}","locale":"es"},"payment":{"method":"cash"}}`;
    return `${head}idempotency-key: ${name}-${number}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  };
}

/** The text of `POST /sales/holds` with a body that is ASCII. */
export function holdRequest(body: string): string {
  return `POST /sales/holds HTTP/1.1\r\n${keepAlive}content-length: ${body.length}\r\n\r\n${body}`;
}

/** The text that releases a hold. */
export function releaseRequest(token: string): string {
  return `DELETE /sales/holds/${token} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`;
}

/** The value of a field of a JSON body, a text or a number, which stands in it once and without escapes. */
export function fieldOf(body: string, name: string): string | undefined {
  const at = body.indexOf(`"${name}":`);
  if (at < 0) return undefined;
  let start = at + name.length + 3;
  if (body[start] !== '"') return /^-?\d+/.exec(body.slice(start, start + 20))?.[0];
  start++;
  return body.slice(start, body.indexOf('"', start));
}
