import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { rmSync } from 'node:fs';
import type { Progress } from '../bench/support/progress.ts';
import type { Scope } from '../bench/support/scope.ts';
import { migrate } from '../src/db/migrate.ts';
import { createPool } from '../src/db/pool.ts';
import { migrateQueue } from '../src/queue/queue.ts';
import { Cluster, makeClusterFolder, type Node } from './support/cluster.ts';
import type { Done } from './support/faults.ts';
import { createWorldOn, type World } from './support/world.ts';

const calmSeconds = 5;
const goneSeconds = 12;
const wholeSecondsMax = 120;
const newPrimarySecondsMax = 90;

/** Raises the cluster of deploy/ha with the world around it. @param isSynchronous as Cluster has it. */
export async function createClusterWorld(
  scope: Scope,
  isSynchronous: boolean,
  seats: number,
  logFolder: string,
): Promise<{ world: World; cluster: Cluster }> {
  const folder = makeClusterFolder();
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const cluster = new Cluster(folder, isSynchronous);
  await cluster.raise(scope);
  const { databaseUrl } = cluster;
  await migrate(databaseUrl);
  await migrateQueue(databaseUrl);
  const pool = createPool({ url: databaseUrl, size: 6, name: 'taquilla chaos' });
  scope.defer(() => pool.end());
  return {
    cluster,
    world: await createWorldOn({ databaseUrl, pool }, scope, seats, path.resolve(logFolder)),
  };
}

/** Breaks a cluster in each of the ways that it must survive, and mends it after each. */
export class ClusterBreaker {
  readonly done: Done[] = [];
  readonly #cluster: Cluster;
  readonly #progress: Progress;

  constructor(cluster: Cluster, progress: Progress) {
    this.#cluster = cluster;
    this.#progress = progress;
  }

  get kills(): number {
    return this.done.reduce((sum, one) => sum + one.kills, 0);
  }

  /** Does each fault once, while clients go on. */
  async goThrough(): Promise<void> {
    await this.#do('switch-over', 0, (primary, standby) => this.#cluster.switchOver(primary, standby));
    await this.#do("kill the primary's PostgreSQL", 1, (primary) => primary.killPostgres());
    await this.#do('lose the primary', 1, async (primary) => {
      primary.kill();
      await this.#untilOtherThan(primary);
      await sleep(goneSeconds * 1_000);
      primary.revive();
    });
    await this.isolatePrimary();
    await this.#do('lose the standby', 1, async (_, standby) => {
      standby.kill();
      await sleep(2 * goneSeconds * 1_000);
      standby.revive();
    });
  }

  /** Cuts the primary off from the others, with its clients still on it. */
  async isolatePrimary(): Promise<void> {
    await this.#do('isolate the primary', 0, async (primary) => {
      const others = this.#cluster.nodes.filter((node) => node !== primary);
      primary.isolate(others, true);
      await this.#untilOtherThan(primary);
      await sleep(goneSeconds * 1_000);
      primary.isolate(others, false);
    });
  }

  async #do(
    kind: string,
    kills: number,
    work: (primary: Node, standby: Node) => Promise<void> | void,
  ): Promise<void> {
    await sleep(calmSeconds * 1_000);
    const primary = (await this.#cluster.primary())!;
    const standby = (await this.#cluster.standby())!;
    this.#progress.phase(`fault ${this.done.length + 1}: ${kind}`);
    const detail = `${primary.name} was primary, ${standby.name} its standby`;
    this.done.push({ at: performance.now(), kind, detail, kills, stopsWrites: true });
    await work(primary, standby);
    await this.#cluster.untilWhole(wholeSecondsMax);
  }

  async #untilOtherThan(primary: Node): Promise<void> {
    const others = this.#cluster.nodes.filter((node) => node !== primary);
    const late = performance.now() + newPrimarySecondsMax * 1_000;
    for (;;) {
      const members = await Promise.all(others.map((node) => node.member()));
      if (members.some((member) => member?.role === 'master' && member.state === 'running')) return;
      if (performance.now() > late) throw new Error(`nobody took over from ${primary.name}`);
      await sleep(100);
    }
  }
}
