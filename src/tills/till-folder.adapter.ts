import { createPublicKey, type JsonWebKey } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  readTillFile,
  nextSale,
  type TillFile,
  type TillOrder,
  type TillSold,
  type TillStock,
} from './till-file.ts';
import { readLease } from './till-lease.ts';

/** What a till was given when it was enrolled. */
export type Enrolment = {
  server: string;
  seller_id: number;
  device_id: number;
  name: string;
  token: string;
  /** The seller's public keys: what leases are verified with. */
  keys: (JsonWebKey & { kid: string })[];
};

/** A lease as it came. */
export type ReceivedLease = { lease: string; signature: string; codes: string[][] };

/** A lease that was asked for and whose answer has not come. */
export type AskedLease = { lease_id: string } & Record<string, unknown>;

/** How far a lease is: `ended` sells no more, and is to be told to the server; `returned` was. */
export type LeasePhase = 'open' | 'ended' | 'returned';

/** The folder cannot be used as it is; the sentence is for whoever stands at the till. */
export class TillFolderError extends Error {
  override readonly name = 'TillFolderError';
}

const phases: readonly LeasePhase[] = ['open', 'ended', 'returned'];

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/** Replaces a file whole: whoever dies on the way leaves the one before. */
function replaceFile(file: string, text: string): void {
  const draft = `${file}.draft`;
  const handle = openSync(draft, 'w', 0o600);
  writeFileSync(handle, text);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(draft, file);
  syncFolder(path.dirname(file));
}

/**
 * A till's folder: its enrolment, its leases, and the file of its sales, to which lines are only ever added. One process at a
 * time has it; the operating system ends the lock with the process, however that dies.
 */
export class TillFolder {
  readonly #folder: string;
  readonly #lock: DatabaseSync;

  /** @throws TillFolderError when another process has the folder. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(path.join(folder, 'leases'), { recursive: true, mode: 0o700 });
    this.#lock = new DatabaseSync(path.join(folder, 'lock'), { timeout: 0 });
    try {
      this.#lock.exec('begin exclusive');
    } catch (error) {
      this.#lock.close();
      throw new TillFolderError(`another process is using ${folder}: ${(error as Error).message}.`);
    }
  }

  close(): void {
    this.#lock.close();
  }

  #path(...names: string[]): string {
    return path.join(this.#folder, ...names);
  }

  /** @throws TillFolderError when the till is not enrolled. */
  readEnrolment(): Enrolment {
    if (!this.isEnrolled()) throw new TillFolderError(`the till in ${this.#folder} is not enrolled.`);
    return JSON.parse(readFileSync(this.#path('enrolment.json'), 'utf8')) as Enrolment;
  }

  isEnrolled(): boolean {
    return existsSync(this.#path('enrolment.json'));
  }

  writeEnrolment(enrolment: Enrolment): void {
    replaceFile(this.#path('enrolment.json'), JSON.stringify(enrolment, null, 2));
  }

  /** The lease that was asked for and whose answer has not come; null when there is none. */
  readAsked(): AskedLease | null {
    const file = this.#path('asked.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as AskedLease) : null;
  }

  writeAsked(asked: AskedLease): void {
    replaceFile(this.#path('asked.json'), JSON.stringify(asked));
  }

  /** What was asked for will not come: the server has refused it, or it is in the folder. */
  forgetAsked(): void {
    rmSync(this.#path('asked.json'), { force: true });
    syncFolder(this.#folder);
  }

  /**
   * Keeps a lease, once its signature is seen to be the seller's.
   * @throws TillFolderError when it is not, or the lease is another till's.
   */
  addLease(received: ReceivedLease): TillStock {
    const stock = this.#verify(received);
    replaceFile(this.#path('leases', `${stock.lease.lease_id}.open.json`), JSON.stringify(received));
    return stock;
  }

  /** The leases in a phase, the oldest first. @throws TillFolderError for one that the seller did not sign. */
  readLeases(phase: LeasePhase): TillStock[] {
    return readdirSync(this.#path('leases'))
      .filter((name) => name.endsWith(`.${phase}.json`))
      .map((name) => JSON.parse(readFileSync(this.#path('leases', name), 'utf8')) as ReceivedLease)
      .map((received) => ({ ...this.#verify(received), ended: phase !== 'open' }))
      .toSorted((a, b) => (a.lease.leased_at < b.lease.leased_at ? -1 : 1));
  }

  /** Moves a lease on to a later phase. */
  moveLease(leaseId: string, to: LeasePhase): void {
    const at = (phase: LeasePhase) => this.#path('leases', `${leaseId}.${phase}.json`);
    const from = phases.find((phase) => existsSync(at(phase)))!;
    renameSync(at(from), at(to));
    syncFolder(this.#path('leases'));
  }

  #verify({ lease, signature, codes }: ReceivedLease): TillStock {
    const { keys, seller_id, device_id } = this.readEnrolment();
    const bytes = Buffer.from(signature, 'base64url');
    const read = keys
      .map((jwk) => readLease(lease, bytes, createPublicKey({ key: jwk, format: 'jwk' })))
      .find((one) => one !== null);
    if (read?.seller_id !== seller_id || read.device_id !== device_id)
      throw new TillFolderError('a lease is not signed by the seller for this till.');
    return { lease: read, codes, ended: false };
  }

  readSales(): TillFile {
    const file = this.#path('sales.log');
    return readTillFile(existsSync(file) ? readFileSync(file) : Buffer.alloc(0));
  }

  /**
   * Sells: when this returns, the sale is on the disk and may be handed out.
   * @throws Problem what `nextSale` refuses; TillFolderError when a line of the file is damaged.
   */
  sell(order: TillOrder, at: Date): TillSold {
    const file = this.readSales();
    if (file.damaged.length > 0) {
      const where = `line ${file.damaged.join(', ')} of sales.log is damaged`;
      throw new TillFolderError(
        `${where}: the till sells no more. Sync what it has, and take another folder.`,
      );
    }
    const { line, sold } = nextSale(file, this.readLeases('open'), order, at);
    this.#append(file, `${line}\n`);
    return sold;
  }

  #append(file: TillFile, line: string): void {
    const handle = openSync(this.#path('sales.log'), 'a', 0o600);
    try {
      // Or the piece that was torn off would become the start of this line.
      if (file.torn) ftruncateSync(handle, file.wholeBytes);
      const bytes = Buffer.from(line);
      let written = 0;
      while (written < bytes.length) written += writeSync(handle, bytes, written);
      fsyncSync(handle);
      if (file.lines.length === 0) syncFolder(this.#folder);
    } finally {
      closeSync(handle);
    }
  }
}
