import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { AppleFiles, PassKeys } from './apple-pass.ts';
import type { GoogleWallet } from './google-pass.ts';

/** Runs what may fail on a file of the configuration. @throws Error that names the setting. */
async function about<T>(setting: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${setting} cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

const readCertificate = (setting: string, file: string) =>
  about(setting, async () => new X509Certificate(await readFile(file)).toString());

/**
 * Reads what Apple has given out for passes, PEM or DER.
 * @throws Error that names the setting of the file which is missing or is not what it should be.
 */
export async function readPassKeys(files: AppleFiles): Promise<PassKeys> {
  const { passTypeId, teamId, keyPassphrase: passphrase } = files;
  const key = await about('APPLE_PASS_KEY_FILE', async () => {
    const pem = await readFile(files.keyFile);
    const opened = createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) });
    return opened.export({ type: 'pkcs1', format: 'pem' }) as string;
  });
  return {
    passTypeId,
    teamId,
    key,
    certificate: await readCertificate('APPLE_PASS_CERTIFICATE_FILE', files.certificateFile),
    wwdr: await readCertificate('APPLE_WWDR_FILE', files.wwdrFile),
  };
}

/**
 * Reads the key of a Google service account, the JSON file that Google's console gives out.
 * @throws Error that names the setting when the file is not what it should be.
 */
export async function readGoogleWallet(issuerId: string, file: string): Promise<GoogleWallet> {
  return await about('GOOGLE_WALLET_KEY_FILE', async () => {
    const account = JSON.parse(await readFile(file, 'utf8')) as {
      client_email?: string;
      private_key?: string;
      token_uri?: string;
    };
    const { client_email: email, private_key: pem } = account;
    if (email === undefined || pem === undefined) throw new Error('client_email or private_key is missing');
    const privateKey = createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }) as string;
    return {
      issuerId,
      email,
      privateKey,
      tokenUrl: account.token_uri ?? 'https://oauth2.googleapis.com/token',
    };
  });
}
