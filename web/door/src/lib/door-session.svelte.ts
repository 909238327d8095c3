import { call, follow, NetworkFailure, Refusal } from './api.ts';
import type {
  Attendance,
  Direction,
  Door,
  DoorEvent,
  Enrolment,
  Gate,
  ListAnswer,
  QueuedScan,
  Reason,
  ScanAnswer,
  Ticket,
  TicketKey,
  Verdict,
} from './contract.ts';
import { decide, mainGate, type Decision, type DoorList, type Standing } from './decide.ts';
import { plain } from './plain.ts';
import { DoorStore } from './store.ts';
import { importKeys, readCode, tidyCode, type Read, type VerifyingKey } from './ticket-code.ts';
import { uuidv7 } from './uuid.ts';

const scanAnswerMilliseconds = 3_000;
const syncMilliseconds = 10_000;
const uploadMax = 100;
const recentMax = 30;
const foundMax = 20;
const stewardMilliseconds = 300_000;
/** How a ticket stands after a scan that let it through. */
const stateAfter: Partial<Record<Verdict, Standing['state']>> = { admitted: 'inside', left: 'outside' };

/** What was scanned, or whom staff picked. */
export type Scanned = { code: string } | { ticketId: string };

/** A scan as the screen shows it. */
export type Shown = {
  scanId: string;
  at: string;
  gateId: number;
  direction: Direction;
  verdict: Verdict;
  reason?: Reason | 'not_listed';
  ticket?: Ticket;
  before?: { at: string; gate_id: number };
  admittingGates: string[];
  /** Decided without a connection, and not told yet. */
  isWaiting: boolean;
  /** The server says that it should not have passed. */
  isConflict: boolean;
};

/** All that a scanner knows and does. */
export class DoorSession {
  enrolment: Enrolment | null = $state.raw(null);
  door: Door | null = $state.raw(null);
  gateId = $state(0);
  direction: Direction = $state('entry');
  isOnline = $state(navigator.onLine);
  isSyncing = $state(false);
  syncedAt: string | null = $state(null);
  waiting = $state(0);
  known = $state(0);
  /** The seller has taken the scanner's enrolment back. */
  isCutOff = $state(false);
  /** The browser cannot check signatures by itself. */
  isBlind = $state(false);
  shown: Shown | null = $state.raw(null);
  recent: Shown[] = $state.raw([]);
  attendance: Attendance | null = $state.raw(null);
  /** Whoever is in charge is signed in. */
  hasSteward = $state(false);

  readonly #store: DoorStore;
  #list: DoorList = { tickets: new Map(), revoked: new Map(), standings: new Map() };
  #keys = new Map<number, VerifyingKey>();
  #cursor: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #syncing: Promise<void> | null = null;
  #following: AbortController | null = null;
  #stewardTimer: ReturnType<typeof setTimeout> | undefined;

  private constructor(store: DoorStore) {
    this.#store = store;
  }

  /** Opens what was kept, and goes on from there. */
  static async open(): Promise<DoorSession> {
    const store = await DoorStore.open();
    const session = new DoorSession(store);
    session.enrolment = (await store.read('enrolment')) ?? null;
    session.door = (await store.read('door')) ?? null;
    session.gateId = (await store.read('gateId')) ?? 0;
    session.syncedAt = (await store.read('syncedAt')) ?? null;
    session.#cursor = await store.read('cursor');
    session.#list = await store.loadList();
    session.waiting = await store.countQueue();
    session.known = session.#list.tickets.size;
    await session.#useKeys((await store.read('keys')) ?? []);
    setInterval(() => void session.sync(), syncMilliseconds);
    addEventListener('online', () => void session.sync());
    addEventListener('offline', () => (session.isOnline = false));
    addEventListener('pagehide', () => {
      if (session.hasSteward) void fetch('/auth/sign-out', { method: 'POST', keepalive: true });
    });
    if (session.door) session.#begin();
    return session;
  }

  get gates(): Gate[] {
    const { gates } = this.door ?? { gates: [] };
    return gates.length === 0 ? [mainGate] : gates;
  }

  get gate(): Gate {
    return this.gates.find((gate) => gate.id === this.gateId) ?? this.gates[0]!;
  }

  /** @throws Refusal, NetworkFailure */
  async enrol(code: string): Promise<void> {
    const enrolment = await call<Enrolment & { kind: string }>('/devices/enrol', {
      method: 'POST',
      body: { code },
    });
    if (enrolment.kind !== 'scanner') throw new Refusal(409, { code: 'not_a_scanner' });
    await this.#store.clear();
    await this.#store.keep('enrolment', enrolment);
    this.enrolment = enrolment;
    this.isCutOff = false;
  }

  /** The events to choose from. @throws Refusal, NetworkFailure */
  async listEvents(): Promise<DoorEvent[]> {
    return (await this.#ask<{ data: DoorEvent[] }>('door-events')).data;
  }

  /** Goes to an event's door. @throws Refusal, NetworkFailure */
  async chooseEvent(eventId: string): Promise<void> {
    const door = await this.#ask<Door>(`events/${eventId}/door`);
    if (eventId !== this.door?.event.id) {
      await this.#store.forgetList();
      this.#cursor = undefined;
      this.#list = { tickets: new Map(), revoked: new Map(), standings: new Map() };
      this.syncedAt = null;
      this.attendance = null;
    }
    await this.#keepDoor(door);
    this.#begin();
  }

  leaveEvent(): void {
    this.#following?.abort();
    this.door = null;
    this.shown = null;
  }

  async chooseGate(gateId: number): Promise<void> {
    this.gateId = gateId;
    await this.#store.keep('gateId', gateId);
  }

  /** Forgets the enrolment and all that was synced. Scans that wait would be lost, so there may be none. */
  async forget(): Promise<void> {
    this.leaveEvent();
    await this.#store.clear();
    this.enrolment = null;
    this.recent = [];
    this.#cursor = undefined;
    this.syncedAt = null;
  }

  /** Asks for all anew, however much was synced. */
  async syncAnew(): Promise<void> {
    await this.#syncing;
    this.#cursor = undefined;
    await this.sync();
  }

  /** Tells what waits, and hears what is new. A fault of the network ends it; the next turn goes on. */
  sync(): Promise<void> {
    this.#syncing ??= this.#syncOnce().finally(() => (this.#syncing = null));
    return this.#syncing;
  }

  /** Lets a ticket in or out, or says why not. Scans take turns. */
  scan(what: Scanned): Promise<Shown> {
    const scan = this.#turn.then(() => this.#scan(what));
    this.#turn = scan.catch(() => undefined);
    return scan;
  }

  /** Tickets by a name, the end of a document, a sale's number or a seat; of the list, and else of the server. */
  async search(text: string): Promise<Ticket[]> {
    const words = plain(text).split(/\s+/).filter(Boolean);
    const found: Ticket[] = [];
    for (const ticket of this.#list.tickets.values()) {
      const { name, document_end: end = '', sale_number: sale = '', row = '', number = '' } = ticket;
      const said = plain(`${name} ${end} ${sale} ${row}-${number} ${ticket.zone_name}`);
      if (words.every((word) => said.includes(word))) found.push(this.#standing(ticket));
      if (found.length === foundMax) return found;
    }
    if (found.length > 0 || !this.isOnline || !this.door) return found;
    const path = `events/${this.door.event.id}/door-tickets?q=${encodeURIComponent(text.trim())}`;
    return (await this.#ask<{ data: Ticket[] }>(path)).data;
  }

  /** Signs whoever is in charge in. @returns whether their second factor is still needed. */
  async signIn(email: string, password: string): Promise<boolean> {
    const body = { email, password };
    const { status } = await call<{ status: string }>('/auth/sign-in', { method: 'POST', body });
    if (status === 'signed_in') this.#takeCharge();
    return status !== 'signed_in';
  }

  async verify(code: string): Promise<void> {
    await call('/auth/two-factor/verify', { method: 'POST', body: { code } });
    this.#takeCharge();
  }

  async signOut(): Promise<void> {
    clearTimeout(this.#stewardTimer);
    this.hasSteward = false;
    await call('/auth/sign-out', { method: 'POST' });
  }

  /** Takes a scan back, as whoever is in charge. @throws Refusal, NetworkFailure */
  async undo({ scanId }: Shown): Promise<void> {
    const { seller_id: seller } = this.enrolment!;
    const path = `/sellers/${seller}/events/${this.door!.event.id}/scans/${scanId}/undo`;
    try {
      await call<ScanAnswer>(path, { method: 'POST' });
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) this.hasSteward = false;
      throw error;
    }
    this.#takeCharge();
    this.#replaceRecent(scanId, { verdict: 'undone' });
    await this.sync();
  }

  /** A scanner passes from hand to hand, so whoever is in charge is signed out after a while, and with the page. */
  #takeCharge(): void {
    this.hasSteward = true;
    clearTimeout(this.#stewardTimer);
    this.#stewardTimer = setTimeout(() => void this.signOut().catch(() => undefined), stewardMilliseconds);
  }

  #ask<T>(path: string, options: Parameters<typeof call>[1] = {}): Promise<T> {
    const { seller_id: seller, token } = this.enrolment!;
    return call<T>(`/sellers/${seller}/${path}`, { ...options, token });
  }

  #begin(): void {
    void this.sync();
    this.#following?.abort();
    this.#following = new AbortController();
    void this.#follow(this.#following.signal);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.door && this.enrolment) {
      const { seller_id: seller, token } = this.enrolment;
      const path = `/sellers/${seller}/events/${this.door.event.id}/attendance/stream`;
      const onEvent = (data: unknown) => (this.attendance = data as Attendance);
      await follow(path, token, signal, onEvent).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, syncMilliseconds / 2));
    }
  }

  async #keepDoor(door: Door): Promise<void> {
    this.door = door;
    await this.#store.keep('door', door);
    if (!this.gates.some(({ id }) => id === this.gateId)) await this.chooseGate(this.gates[0]!.id);
  }

  async #useKeys(keys: TicketKey[]): Promise<void> {
    try {
      this.#keys = await importKeys(keys);
      this.isBlind = false;
    } catch {
      this.isBlind = true;
    }
  }

  async #syncOnce(): Promise<void> {
    if (!this.enrolment || !this.door) return;
    this.isSyncing = true;
    try {
      await this.#upload();
      await this.#hear(this.door.event.id);
      this.isOnline = true;
      this.syncedAt = new Date().toISOString();
      await this.#store.keep('syncedAt', this.syncedAt);
    } catch (error) {
      this.#noteFault(error);
    } finally {
      this.isSyncing = false;
    }
  }

  #noteFault(error: unknown): void {
    if (error instanceof Refusal && error.status === 401) this.isCutOff = true;
    else if (error instanceof NetworkFailure || (error instanceof Refusal && error.isTransient))
      this.isOnline = false;
  }

  async #upload(): Promise<void> {
    for (;;) {
      const queue = await this.#store.readQueue();
      const eventId = queue[0]?.event_id;
      if (eventId === undefined) break;
      const end = queue.findIndex((scan) => scan.event_id !== eventId);
      const batch = queue.slice(0, Math.min(end < 0 ? queue.length : end, uploadMax));
      const scans = batch.map(({ event_id: _, ...scan }) => scan);
      const { data } = await this.#ask<{ data: ScanAnswer[] }>(`events/${eventId}/scans`, {
        method: 'POST',
        body: { scans },
      });
      await this.#store.dequeue(batch.map(({ scan_id: id }) => id));
      for (const [i, { scan_id: id, conflict, verdict }] of data.entries()) {
        const { told } = batch[i]!;
        // The server may have heard of the scan and refused it before its answer was lost.
        const isConflict = conflict || (stateAfter[told] !== undefined && verdict !== told);
        this.#replaceRecent(id, { isWaiting: false, isConflict });
      }
      this.waiting = await this.#store.countQueue();
    }
  }

  async #hear(eventId: string): Promise<void> {
    const door = await this.#ask<Door>(`events/${eventId}/door`);
    if (this.door?.event.id !== eventId) return;
    await this.#keepDoor(door);
    const { data: keys } = await call<{ data: TicketKey[] }>(
      `/sellers/${this.enrolment!.seller_id}/ticket-keys`,
    );
    await this.#store.keep('keys', keys);
    await this.#useKeys(keys);
    for (;;) {
      const query = this.#cursor === undefined ? '' : `?cursor=${this.#cursor}`;
      const page = await this.#ask<ListAnswer>(`events/${eventId}/door-list${query}`);
      // Another event may have been chosen meanwhile.
      if (this.door?.event.id !== eventId) return;
      await this.#store.addPage(page);
      this.#cursor = page.cursor;
      const { tickets, revoked, standings } = this.#list;
      for (const ticket of page.tickets) tickets.set(ticket.ticket_id, ticket);
      for (const { ticket_id: id, ...rest } of page.revoked) revoked.set(id, rest);
      for (const { ticket_id: id, ...rest } of page.admissions) standings.set(id, rest);
      this.known = tickets.size;
      if (!page.has_more) return;
    }
  }

  async #scan(what: Scanned): Promise<Shown> {
    const order = {
      scan_id: uuidv7(),
      event_id: this.door!.event.id,
      gate_id: this.gate.id,
      direction: this.direction,
      ...('code' in what ? { code: tidyCode(what.code).slice(0, 200) } : { ticket_id: what.ticketId }),
      scanned_at: new Date().toISOString(),
    };
    const shown = (this.isOnline ? await this.#askVerdict(order) : null) ?? (await this.#decide(order, what));
    this.shown = shown;
    this.recent = [shown, ...this.recent].slice(0, recentMax);
    return shown;
  }

  /** The server's verdict, or null when it does not come in time: then the list decides. */
  async #askVerdict(order: Omit<QueuedScan, 'told'>): Promise<Shown | null> {
    const { scan_id: id, event_id: eventId, scanned_at: at, ...body } = order;
    try {
      const answer = await this.#ask<ScanAnswer>(`events/${eventId}/scans/${id}`, {
        method: 'PUT',
        body,
        timeoutMilliseconds: scanAnswerMilliseconds,
      });
      this.#remember(answer);
      const { verdict, reason, ticket, before, admitting_gates: admittingGates = [] } = answer;
      return {
        ...this.#blank(order, at),
        ...{ verdict, admittingGates },
        ...(reason && { reason }),
        ...(ticket && { ticket }),
        ...(before && { before }),
      };
    } catch (error) {
      this.#noteFault(error);
      if (error instanceof Refusal && error.code === 'gate_not_found') void this.sync();
      if (!this.isOnline) return null;
      throw error;
    }
  }

  #blank(order: Omit<QueuedScan, 'told'>, at: string) {
    const { scan_id: scanId, gate_id: gateId, direction } = order;
    return { scanId, at, gateId, direction, admittingGates: [], isWaiting: false, isConflict: false };
  }

  #remember({ ticket_id: id, ticket, verdict, scanned_at: at, gate_id }: ScanAnswer): void {
    const state = stateAfter[verdict];
    if (id === undefined || !state) return;
    const standing = { state, at, gate_id };
    this.#list.standings.set(id, standing);
    if (ticket) this.#list.tickets.set(id, ticket);
    void this.#store.setStanding(id, standing);
  }

  async #decide(order: Omit<QueuedScan, 'told'>, what: Scanned): Promise<Shown> {
    const { event_id: eventId, direction, scanned_at: at, gate_id } = order;
    const read: Read | { ticket: { eventId: string; ticketId: string; generation: null } } =
      'code' in what
        ? await readCode(order.code!, this.enrolment!.seller_id, this.#keys)
        : { ticket: { eventId, ticketId: what.ticketId, generation: null } };
    const now = new Date(at);
    const decision: Decision = decide(
      this.#list,
      { door: this.door!, gate: this.gate, direction, now },
      read,
    );
    const { verdict, admitting_gates: admittingGates = [], ...rest } = decision;
    const ticketId = read.ticket?.ticketId;
    const state = stateAfter[verdict];
    const value = state && { state, at, gate_id };
    if (value && ticketId !== undefined) this.#list.standings.set(ticketId, value);
    const standing = value && ticketId !== undefined ? { ticketId, value } : null;
    await this.#store.enqueue({ ...order, told: verdict }, standing);
    this.waiting = await this.#store.countQueue();
    const ticket = ticketId === undefined ? undefined : this.#list.tickets.get(ticketId);
    const shown = { ...this.#blank(order, at), verdict, ...rest, admittingGates, isWaiting: true };
    return ticket ? { ...shown, ticket } : shown;
  }

  #standing(ticket: Ticket): Ticket {
    const { state: _, ...rest } = ticket;
    const state = this.#list.standings.get(ticket.ticket_id)?.state;
    const returned = this.#list.revoked.get(ticket.ticket_id)?.reason === 'returned';
    return {
      ...rest,
      ...(state && state !== 'undone' && { state }),
      ...(returned && { returned }),
    };
  }

  #replaceRecent(scanId: string, change: Partial<Shown>): void {
    this.recent = this.recent.map((one) => (one.scanId === scanId ? { ...one, ...change } : one));
    if (this.shown?.scanId === scanId) this.shown = { ...this.shown, ...change };
  }
}
