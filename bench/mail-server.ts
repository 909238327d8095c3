// A mail server that keeps nothing, a process of its own: `node bench/mail-server.ts PORT DELAY_MILLISECONDS`. Its answer to a
// mail comes after the delay. Asked over its IPC channel for the count, it answers how many mails it has taken.
import { createServer, type Socket } from 'node:net';

const [port, delay] = process.argv.slice(2).map(Number);
const mailEnd = '\r\n.\r\n';
let taken = 0;

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
    text = text.slice(end + mailEnd.length);
    inMail = false;
    setTimeout(() => {
      taken++;
      socket.write('250 taken\r\n');
    }, delay);
  };
  socket.setEncoding('latin1').setNoDelay(true).write('220 bench\r\n');
  socket.on('error', () => {});
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

createServer(converse).listen(port, '127.0.0.1', () => process.send?.('ready'));
process.on('message', () => process.send?.(taken));
// Whoever started this process is gone.
process.once('disconnect', () => process.exit());
