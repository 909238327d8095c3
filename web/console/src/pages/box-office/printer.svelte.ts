import { tick } from 'svelte';
import { api } from '../../api/client.ts';
import { session } from '../../lib/session.svelte.ts';
import type { FiscalDocument } from '../fiscal/fiscal-contract.ts';
import type { BoxOffice } from './box-office.svelte.ts';
import type { TicketList } from './contract.ts';
import { printBytes, readPrintSettings } from './printing.ts';

/** What is put on paper by the browser. */
export type Sheet = { receipt: FiscalDocument } | { tickets: TicketList };

const askAgainMilliseconds = 700;
const asksMax = 60;

/** Prints the sale that was made: its receipt as soon as it has its number, its tickets as soon as they are made. */
export class Printer {
  sheet: Sheet | null = $state.raw(null);
  isWaiting = $state(false);
  fault = $state('');
  readonly settings = readPrintSettings();
  readonly #office: BoxOffice;
  #isStopped = false;

  constructor(office: BoxOffice) {
    this.#office = office;
  }

  /** Finds the number of a sale that has none yet, and prints what is printed by itself. */
  async begin(): Promise<void> {
    const { after } = this.settings;
    const isNew = this.#office.sale?.isPrinted !== true;
    await this.#number();
    if (!isNew || this.#isStopped) return;
    this.#office.notePrinted();
    if (after === 'receipt' || after === 'both') await this.printReceipt();
    if (after === 'tickets' || after === 'both') await this.printTickets();
  }

  stop(): void {
    this.#isStopped = true;
  }

  async printReceipt(): Promise<void> {
    await this.#attempt(async () => {
      const number = await this.#number();
      const { point } = this.#office.till!;
      const no = Number(number.slice(point.prefix.length));
      const path = `/sellers/${session.seller!.id}/fiscal-series/${point.series_id}/documents/${no}`;
      if (this.settings.receipts === 'browser') {
        await this.#print({ receipt: await api.get<FiscalDocument>(path) });
        return;
      }
      const answer = await fetch(`${path}/print?format=escpos`);
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      await printBytes(await answer.arrayBuffer(), this.settings);
    });
  }

  async printTickets(): Promise<void> {
    await this.#attempt(async () => {
      const { transaction_id: id, links } = this.#office.sale!.confirmation;
      const token = new URL(links.tickets, location.origin).searchParams.get('token') ?? '';
      const path = `/sales/transactions/${id}/tickets?token=${encodeURIComponent(token)}`;
      const tickets = await this.#until(async () => {
        const list = await api.get<TicketList>(path);
        return list.tickets.some((ticket) => ticket.state === 'pending') ? undefined : list;
      });
      await this.#print({ tickets });
    });
  }

  /** The number of the sale, which one that was paid in parts has a moment later. */
  async #number(): Promise<string> {
    const { fiscal_number: known, links } = this.#office.sale!.confirmation;
    if (known !== null) return known;
    const number = await this.#until(async () => {
      const sale = await api.get<{ fiscal_number: string | null }>(links.self);
      return sale.fiscal_number ?? undefined;
    });
    this.#office.noteNumber(number);
    return number;
  }

  async #until<T>(ask: () => Promise<T | undefined>): Promise<T> {
    this.isWaiting = true;
    try {
      for (let asked = 0; asked < asksMax && !this.#isStopped; asked += 1) {
        const answer = await ask();
        if (answer !== undefined) return answer;
        await new Promise((resolve) => setTimeout(resolve, askAgainMilliseconds));
      }
      throw new Error('the server is not done yet');
    } finally {
      this.isWaiting = false;
    }
  }

  async #print(sheet: Sheet): Promise<void> {
    if (this.#isStopped) return;
    this.sheet = sheet;
    await tick();
    print();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    this.fault = '';
    try {
      await work();
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error);
    }
  }
}
