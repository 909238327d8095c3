import { Connection, type Answer } from './connection.ts';
import type { LoadJob, LoadResult } from './job.ts';
import { sharedClock } from '../support/functions.ts';
import { Follower } from './follow.ts';
import { confirmRequests, fieldOf, holdRequest, releaseRequest } from './requests.ts';
import { Samples } from './samples.ts';

// Longer than the server takes to refuse, so that only a server that hangs is cut off.
const lastAnswersSeconds = 40;
const openLoopTickMilliseconds = 1;

/** A connection with the journey that it is on. */
type Traveller = {
  connection: Connection;
  busy: boolean;
  stage: 'hold' | 'confirm' | 'release';
  /** When the journey began, or in an open loop was due. */
  since: number;
};

/** Puts one load on the servers and measures it; used once. */
export class Load {
  readonly #job: LoadJob;
  readonly #confirm: (token: string, number: number) => string;
  readonly #travellers: Traveller[];
  readonly #follower: Follower | undefined;
  /** In turn, so that no connection stays unused until the server ends it. */
  readonly #free: Traveller[] = [];
  /** Open loop: the instants of journeys that wait for a free connection, oldest first. */
  #due: number[] = [];
  /** Open loop: no journey will be due any more. */
  #wasLastDue = false;
  #next = 0;
  #confirms = 0;
  #underWay = 0;
  #startedAt = 0;
  #measureFrom = 0;
  #endAt = 0;
  #lastCompletion = 0;
  #finish: () => void = () => {};
  #counts = { completed: 0, refused: 0, failed: 0 };
  #inDoubt = 0;
  readonly #statuses: Record<string, number> = {};
  readonly #latency = new Samples();
  readonly #refusedLatency = new Samples();
  readonly #waiting = new Samples();
  readonly #completions = new Samples();
  readonly #acknowledged = {
    transactionIds: [] as string[],
    fiscalNumbers: [] as string[],
    totals: [] as number[],
    ticketsLinks: [] as string[],
    answeredAt: [] as number[],
  };

  constructor(job: LoadJob) {
    this.#job = job;
    this.#follower = job.followProgress ? new Follower() : undefined;
    this.#confirm = confirmRequests(job.path, job.name);
    this.#travellers = Array.from({ length: job.connections }, (_, i) => {
      const traveller: Traveller = {
        connection: new Connection(
          job.ports[i % job.ports.length]!,
          (answer) => this.#answered(traveller, answer),
          () => this.#broken(traveller),
        ),
        busy: false,
        stage: 'hold',
        since: 0,
      };
      return traveller;
    });
  }

  /** Journeys that ended so far, measured or not. */
  get counts(): Readonly<{ completed: number; refused: number; failed: number }> {
    return this.#counts;
  }

  /** Runs the load to its end. */
  async run(): Promise<LoadResult> {
    await Promise.all(this.#travellers.map((one) => one.connection.open()));
    const cpu = process.cpuUsage();
    this.#startedAt = performance.now();
    this.#measureFrom = this.#startedAt + this.#job.warmUpSeconds * 1000;
    this.#endAt = this.#measureFrom + this.#job.seconds * 1000;
    const finished = new Promise<void>((resolve) => (this.#finish = resolve));
    const timeout = setTimeout(this.#finish, this.#endAt - this.#startedAt + lastAnswersSeconds * 1000);
    if (this.#job.perSecond === undefined)
      for (const one of this.#travellers) this.#begin(one, performance.now());
    else this.#beginOnTime(this.#job.perSecond);
    await finished;
    clearTimeout(timeout);
    this.#counts.failed += this.#due.length;
    const used = process.cpuUsage(cpu);
    const totalSeconds = (performance.now() - this.#startedAt) / 1000;
    const cpuShare = (used.user + used.system) / 1e6 / totalSeconds;
    for (const one of this.#travellers) {
      if (one.busy) this.#lost(one);
      one.connection.close();
    }
    return { ...this.#result(totalSeconds, cpuShare), followed: (await this.#follower?.end()) ?? null };
  }

  #result(totalSeconds: number, cpuShare: number): Omit<LoadResult, 'followed'> {
    const usedUp = this.#next >= this.#job.inputs.length;
    const end =
      usedUp && this.#job.perSecond === undefined ? Math.min(this.#endAt, this.#lastCompletion) : this.#endAt;
    return {
      measuredSeconds: (end - this.#measureFrom) / 1000,
      totalSeconds,
      completed: this.#latency.count,
      refused: this.#refusedLatency.count,
      failed: this.#counts.failed,
      latency: this.#latency.latency(),
      refusedLatency: this.#refusedLatency.latency(),
      waiting: this.#waiting.latency(),
      statuses: this.#statuses,
      inDoubt: this.#inDoubt,
      acknowledged: this.#acknowledged,
      completions: this.#completions.sorted(),
      cpuShare,
    };
  }

  /** Begins the next journey, unless the load is over. */
  #begin(traveller: Traveller, since: number): void {
    const { inputs, journey } = this.#job;
    // In an open loop a journey that was due is made, however late it is.
    const over = this.#job.perSecond === undefined && performance.now() >= this.#endAt;
    if (over || this.#next >= inputs.length) {
      if (this.#underWay === 0) this.#finish();
      return;
    }
    const input = inputs[this.#next++]!;
    this.#underWay++;
    traveller.busy = true;
    traveller.since = since;
    if (journey === 'confirm') this.#sendConfirm(traveller, input);
    else {
      traveller.stage = 'hold';
      traveller.connection.send(holdRequest(input));
    }
  }

  #sendConfirm(traveller: Traveller, token: string): void {
    traveller.stage = 'confirm';
    traveller.connection.send(this.#confirm(token, this.#confirms++));
  }

  #beginOnTime(perSecond: number): void {
    this.#free.push(...this.#travellers);
    const interval = 1000 / perSecond;
    let due = 0;
    const journeys = Math.min(this.#job.inputs.length, Math.ceil((this.#endAt - this.#startedAt) / interval));
    const tick = () => {
      const now = performance.now();
      while (due < journeys && this.#startedAt + due * interval <= now)
        this.#due.push(this.#startedAt + due++ * interval);
      this.#beginDue();
      this.#wasLastDue = due >= journeys;
      if (!this.#wasLastDue) setTimeout(tick, openLoopTickMilliseconds);
      else if (this.#underWay === 0 && this.#due.length === 0) this.#finish();
    };
    tick();
  }

  #beginDue(): void {
    let begun = 0;
    while (begun < this.#due.length && this.#free.length > 0) {
      const since = this.#due[begun++]!;
      if (since >= this.#measureFrom) this.#waiting.add(performance.now() - since);
      this.#begin(this.#free.shift()!, since);
    }
    if (begun > 0) this.#due = this.#due.slice(begun);
  }

  #answered(traveller: Traveller, { status, body }: Answer): void {
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    if (traveller.stage === 'release') {
      this.#ended(traveller);
    } else if (traveller.stage === 'hold' && status === 201) {
      const token = fieldOf(body, 'hold_token')!;
      if (this.#job.journey === 'hold,confirm') {
        this.#sendConfirm(traveller, token);
        return;
      }
      this.#complete(traveller);
      traveller.stage = 'release';
      traveller.connection.send(releaseRequest(token));
    } else if (traveller.stage === 'confirm' && status === 202) {
      this.#acknowledged.transactionIds.push(fieldOf(body, 'transaction_id')!);
      this.#acknowledged.fiscalNumbers.push(fieldOf(body, 'fiscal_number')!);
      this.#acknowledged.totals.push(Number(fieldOf(body, 'total')));
      this.#acknowledged.ticketsLinks.push(fieldOf(body, 'tickets')!);
      this.#acknowledged.answeredAt.push(sharedClock());
      this.#follower?.follow(this.#job.ports[0]!, fieldOf(body, 'events')!);
      this.#complete(traveller);
      this.#ended(traveller);
    } else {
      this.#refused(traveller, status);
    }
  }

  #isMeasured(now: number): boolean {
    return now >= this.#measureFrom && (now < this.#endAt || this.#job.perSecond !== undefined);
  }

  #complete(traveller: Traveller): void {
    const now = performance.now();
    this.#lastCompletion = now;
    this.#counts.completed++;
    this.#completions.add((now - this.#startedAt) / 1000);
    // An open loop counts each journey that was due in the measured time, however late it completes.
    const at = this.#job.perSecond === undefined ? now : traveller.since;
    if (this.#isMeasured(at)) this.#latency.add(now - traveller.since);
  }

  #refused(traveller: Traveller, status: number): void {
    const now = performance.now();
    if ((status >= 400 && status < 500) || status === 503) {
      this.#lastCompletion = now;
      this.#counts.refused++;
      const at = this.#job.perSecond === undefined ? now : traveller.since;
      if (this.#isMeasured(at)) this.#refusedLatency.add(now - traveller.since);
    } else {
      this.#counts.failed++;
      if (traveller.stage === 'confirm') this.#inDoubt++;
    }
    this.#ended(traveller);
  }

  #lost(traveller: Traveller): void {
    this.#statuses['-'] = (this.#statuses['-'] ?? 0) + 1;
    this.#counts.failed++;
    if (traveller.stage === 'confirm') this.#inDoubt++;
    traveller.busy = false;
  }

  #broken(traveller: Traveller): void {
    this.#lost(traveller);
    this.#ended(traveller);
  }

  #ended(traveller: Traveller): void {
    traveller.busy = false;
    this.#underWay--;
    if (this.#job.perSecond === undefined) {
      this.#begin(traveller, performance.now());
      return;
    }
    this.#free.push(traveller);
    this.#beginDue();
    if (this.#wasLastDue && this.#due.length === 0 && this.#underWay === 0) this.#finish();
  }
}
