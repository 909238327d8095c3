import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope } from '../../bench/support/scope.ts';
import { postmasterOf } from './world.ts';

const configFolder = path.join(import.meta.dirname, '../../deploy/ha');
const bridge = 'taquilla-ha';
const network = '10.77.0';
const balancerPort = 5_000;
const password = 'rehearsal';
const pollMilliseconds = 100;
const raiseSecondsMax = 90;

/** What Patroni says of itself and of its node. */
type Member = { role: string; state: string };

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Why no cluster can be raised here; undefined when it can. */
export function whyNoCluster(): string | undefined {
  if (process.platform !== 'linux' || process.getuid!() !== 0)
    return 'The rehearsal makes network namespaces, which takes root on Linux.';
  const missing = [
    ['ip', 'iproute2'],
    ['etcd', 'etcd-server'],
    ['patroni', 'patroni python3-etcd'],
    ['haproxy', 'haproxy'],
    ['/usr/lib/postgresql/15/bin/postgres', 'postgresql-15'],
  ].filter(([program]) => {
    const folders = program!.startsWith('/') ? [''] : ['/usr/bin', '/usr/sbin', '/sbin', '/bin'];
    return !folders.some((folder) => existsSync(`${folder}/${program}`.replace('//', '/')));
  });
  if (missing.length === 0) return undefined;
  return `Missing here: apt-get install ${missing.map(([, packages]) => packages).join(' ')}`;
}

/** A machine of the cluster: a network namespace with etcd, Patroni and its PostgreSQL. */
export class Node {
  readonly name: string;
  readonly address: string;
  readonly #folder: string;
  readonly #settings: Record<string, string>;
  readonly #namespace: string;

  constructor(number: number, folder: string, settings: Record<string, string>) {
    this.name = `db${number}`;
    this.address = settings[`ADDRESS_${number}`]!;
    this.#folder = path.join(folder, this.name);
    this.#namespace = `taquilla-${this.name}`;
    this.#settings = { ...settings, NAME: this.name, ADDRESS: this.address, DATA_DIR: this.#folder };
  }

  /** Makes the machine, with its cable to the others and its two programs. */
  raise(owner: { uid: number; gid: number }): void {
    mkdirSync(this.#folder, { recursive: true });
    chownSync(this.#folder, owner.uid, owner.gid);
    run('ip', 'netns', 'add', this.#namespace);
    const inside = ['-n', this.#namespace];
    run(
      'ip',
      'link',
      'add',
      `tq-${this.name}`,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      this.#namespace,
    );
    run('ip', 'link', 'set', `tq-${this.name}`, 'master', bridge, 'up');
    run('ip', ...inside, 'addr', 'add', `${this.address}/24`, 'dev', 'eth0');
    run('ip', ...inside, 'link', 'set', 'eth0', 'up');
    run('ip', ...inside, 'link', 'set', 'lo', 'up');
    this.start();
  }

  /** Starts etcd and Patroni, as the machine's boot does. */
  start(): void {
    const env = Object.fromEntries(
      fill('etcd.env', this.#settings)
        .matchAll(/^(\w+)="(.*)"$/gm)
        .map(([, name, value]) => [name!, value!]),
    );
    this.#spawn('etcd', ['etcd'], env);
    const config = path.join(this.#folder, 'patroni.yml');
    writeFileSync(config, fill('patroni.yml', this.#settings));
    this.#spawn('patroni', ['patroni', config], {});
  }

  #spawn(name: string, command: string[], env: Record<string, string>): void {
    const log = openSync(path.join(this.#folder, `${name}.log`), 'a');
    const args = [
      'netns',
      'exec',
      this.#namespace,
      'setpriv',
      '--reuid=postgres',
      '--regid=postgres',
      '--init-groups',
    ];
    spawn('ip', [...args, ...command], {
      cwd: this.#folder,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
  }

  /** What its Patroni says; undefined when it says nothing. */
  async member(): Promise<Member | undefined> {
    return await fetch(`http://${this.address}:8008/patroni`, { signal: AbortSignal.timeout(1_000) })
      .then(async (answer) => (await answer.json()) as Member)
      .catch(() => undefined);
  }

  /** The end of PostgreSQL alone, as a crash of it. */
  killPostgres(): void {
    process.kill(postmasterOf(this.#folder)!, 'SIGKILL');
  }

  /** The end of the machine: its cable is silent before anything dies, so that nobody hears a farewell. */
  kill(): void {
    run('ip', 'link', 'set', `tq-${this.name}`, 'down');
    this.#killAll();
  }

  /** The machine boots again. */
  revive(): void {
    run('ip', 'link', 'set', `tq-${this.name}`, 'up');
    this.start();
  }

  #killAll(): void {
    for (const pid of run('ip', 'netns', 'pids', this.#namespace).split('\n').filter(Boolean)) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended with its parent.
      }
    }
  }

  /** Cuts it off from the other machines of the cluster, while the clients that it has stay connected. */
  isolate(others: readonly Node[], isCut: boolean): void {
    for (const { address } of others)
      run('ip', '-n', this.#namespace, 'route', isCut ? 'add' : 'del', 'blackhole', `${address}/32`);
  }

  remove(): void {
    this.#killAll();
    run('ip', 'netns', 'del', this.#namespace);
  }
}

function fill(file: string, settings: Record<string, string>): string {
  return readFileSync(path.join(configFolder, file), 'utf8').replaceAll(
    /\$\{(\w+)\}/g,
    (whole, name: string) => {
      const value = settings[name];
      return value ?? whole;
    },
  );
}

/** Three database machines with a balancer before them. */
export class Cluster {
  readonly nodes: Node[];
  readonly databaseUrl = `postgresql://postgres:${password}@127.0.0.1:${balancerPort}/postgres`;
  readonly #folder: string;
  readonly #isSynchronous: boolean;
  #balancer: ChildProcess | undefined;

  /** @param isSynchronous whether a commit waits for a standby, as it must. */
  constructor(folder: string, isSynchronous: boolean) {
    this.#folder = folder;
    this.#isSynchronous = isSynchronous;
    const settings = {
      ...Object.fromEntries([1, 2, 3].map((number) => [`ADDRESS_${number}`, `${network}.1${number}`])),
      NETWORK: `${network}.0/24`,
      PASSWORD: password,
      PORT: String(balancerPort),
      SYNCHRONOUS: String(isSynchronous),
      WATCHDOG: 'off',
    };
    this.nodes = [1, 2, 3].map((number) => new Node(number, folder, settings));
    writeFileSync(path.join(folder, 'haproxy.cfg'), fill('haproxy.cfg', settings));
  }

  /** Raises it, and waits until one node is primary and two follow it. */
  async raise(scope: Scope): Promise<void> {
    const id = (option: string) => Number(run('id', option, 'postgres'));
    const owner = { uid: id('-u'), gid: id('-g') };
    run('ip', 'link', 'add', bridge, 'type', 'bridge');
    scope.defer(() => void run('ip', 'link', 'del', bridge));
    run('ip', 'addr', 'add', `${network}.1/24`, 'dev', bridge);
    run('ip', 'link', 'set', bridge, 'up');
    for (const node of this.nodes) {
      scope.defer(() => node.remove());
      node.raise(owner);
    }
    const log = openSync(path.join(this.#folder, 'haproxy.log'), 'a');
    this.#balancer = spawn('haproxy', ['-db', '-f', path.join(this.#folder, 'haproxy.cfg')], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    scope.defer(() => void this.#balancer?.kill('SIGKILL'));
    await this.untilWhole(raiseSecondsMax);
  }

  /** The node that says it is primary. */
  async primary(): Promise<Node | undefined> {
    for (const node of this.nodes) {
      const member = await node.member();
      if (member?.role === 'master' && member.state === 'running') return node;
    }
    return undefined;
  }

  /** A node that confirms commits of the primary; without synchronous ones, any that follows it. */
  async standby(): Promise<Node | undefined> {
    const role = this.#isSynchronous ? 'sync' : 'replica';
    for (const node of this.nodes) {
      const answer = await fetch(`http://${node.address}:8008/${role}`, {
        signal: AbortSignal.timeout(1_000),
      }).catch(() => undefined);
      if (answer?.ok) return node;
    }
    return undefined;
  }

  /** Hands the lead over to a standby that has everything. */
  async switchOver(from: Node, to: Node): Promise<void> {
    const answer = await fetch(`http://${from.address}:8008/switchover`, {
      method: 'POST',
      body: JSON.stringify({ leader: from.name, candidate: to.name }),
    });
    if (!answer.ok) throw new Error(`no switch-over from ${from.name} to ${to.name}: ${await answer.text()}`);
  }

  /** Waits until there is a primary with a synchronous and another standby. */
  async untilWhole(secondsMax: number): Promise<void> {
    const late = performance.now() + secondsMax * 1_000;
    for (;;) {
      const members = await Promise.all(this.nodes.map((node) => node.member()));
      const isUp = members.every((member) => member && ['running', 'streaming'].includes(member.state));
      if (
        isUp &&
        members.filter((member) => member!.role === 'master').length === 1 &&
        (await this.standby())
      )
        return;
      if (performance.now() > late)
        throw new Error(`the cluster is not whole after ${secondsMax} s: ${JSON.stringify(members)}`);
      await sleep(pollMilliseconds);
    }
  }
}

/** A folder that PostgreSQL's own user can reach. */
export function makeClusterFolder(): string {
  const folder = `/tmp/taquilla-ha-${process.pid}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  return folder;
}
