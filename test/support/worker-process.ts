// A process of workers that a test can kill: `node worker-process.ts DATABASE_URL SMTP_URL`.
import { createSmtpMailer } from '../../src/notifications/mailer.adapter.ts';
import { startTestWorkers } from './workers.ts';

const [databaseUrl = '', smtpUrl = ''] = process.argv.slice(2);
await startTestWorkers(databaseUrl, createSmtpMailer(smtpUrl));
process.send?.('ready');
