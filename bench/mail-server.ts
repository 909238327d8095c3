// A mail server that keeps a log of what it took and no mails, a process of its own:
// `node bench/mail-server.ts PORT DELAY_MILLISECONDS`. Its answer to a mail comes after the delay. Over its IPC channel it is
// asked for its count or log, and told to go away and come back.
import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import type { MailOrder, TakenMail } from './support/mail.ts';
import { sharedClock } from './support/functions.ts';

const [port, delay] = process.argv.slice(2).map(Number);
const mailEnd = '\r\n.\r\n';
const taken: TakenMail[] = [];
const sockets = new Set<Socket>();

const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

function describe(mail: string): Omit<TakenMail, 'at'> {
  const header = (name: string) => new RegExp(`^${name}:\\s*(.+)\r$`, 'im').exec(mail)?.[1] ?? '';
  const part = mail.indexOf('Content-Type: application/pdf');
  const start = mail.indexOf('\r\n\r\n', part) + 4;
  const pdf = part < 0 ? '' : mail.slice(start, mail.indexOf('\r\n--', start));
  return {
    messageId: header('Message-ID'),
    to: /<(.+)>/.exec(header('To'))?.[1] ?? header('To'),
    digest: digestOf(Buffer.from(mail, 'latin1')),
    pdfDigest: digestOf(Buffer.from(pdf, 'base64')),
  };
}

function answerOf(command: string): string {
  if (/^(EHLO|HELO)/i.test(command)) return '250-bench\r\n250 8BITMIME\r\n';
  if (/^DATA/i.test(command)) return '354 go on\r\n';
  if (/^QUIT/i.test(command)) return '221 bye\r\n';
  return '250 ok\r\n';
}

function converse(socket: Socket): void {
  let inMail = false;
  let text = '';
  const takeMail = (end: number) => {
    const mail = describe(text.slice(0, end + 2));
    text = text.slice(end + mailEnd.length);
    inMail = false;
    setTimeout(() => {
      taken.push({ ...mail, at: sharedClock() });
      socket.write('250 taken\r\n');
    }, delay);
  };
  socket.setEncoding('latin1').setNoDelay(true).write('220 bench\r\n');
  sockets.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => sockets.delete(socket));
  socket.on('data', (chunk: string) => {
    text += chunk;
    for (;;) {
      const end = text.indexOf(inMail ? mailEnd : '\r\n');
      if (end < 0) return;
      if (inMail) {
        takeMail(end);
        continue;
      }
      const command = text.slice(0, end);
      text = text.slice(end + 2);
      inMail = /^DATA/i.test(command);
      socket.write(answerOf(command));
      if (/^QUIT/i.test(command)) socket.end();
    }
  });
}

const server = createServer(converse);
const listen = () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

async function obey(order: MailOrder['order']): Promise<number | TakenMail[]> {
  switch (order) {
    case 'count':
      return taken.length;
    case 'log':
      return taken;
    case 'down':
      server.close();
      for (const socket of sockets) socket.destroy();
      return taken.length;
    case 'up':
      await listen();
      return taken.length;
  }
}

process.on('message', ({ id, order }: MailOrder) => {
  void obey(order).then((value) => process.send?.({ id, value }));
});
// Whoever started this process is gone.
process.once('disconnect', () => process.exit());
await listen();
process.send?.('ready');
