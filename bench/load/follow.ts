import { get } from 'node:http';
import type { Followed } from './job.ts';
import { Samples } from './samples.ts';

const lastEventsSeconds = 60;

/**
 * Reads the event streams of sales and measures how long each event is under way: from the instant that it names, which is
 * taken just before the step's commit, to its arrival. What happened before a stream was open counts from its opening.
 */
export class Follower {
  readonly #latency = new Samples();
  #cut = 0;
  readonly #open = new Set<Promise<void>>();

  /** @param link the path of a sale's events, with its token. */
  follow(port: number, link: string): void {
    const following = this.#read(port, link);
    this.#open.add(following);
    void following.then(() => this.#open.delete(following));
  }

  /** Waits for the streams to end. */
  async end(): Promise<Followed> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, lastEventsSeconds * 1_000).unref());
    await Promise.race([Promise.all(this.#open), late]);
    return { latency: this.#latency.latency(), cut: this.#cut + this.#open.size };
  }

  #read(port: number, link: string): Promise<void> {
    return new Promise((resolve) => {
      let completed = false;
      const done = () => {
        if (!completed) this.#cut++;
        completed = true;
        resolve();
      };
      get({ host: '127.0.0.1', port, path: link, agent: false }, (response) => {
        const openedAt = Date.now();
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          const frames = text.split('\n\n');
          text = frames.pop()!;
          for (const frame of frames) completed = this.#note(frame, openedAt) || completed;
        });
        response.on('close', done);
      }).on('error', done);
    });
  }

  /** @returns whether it was a sale's last event. */
  #note(frame: string, openedAt: number): boolean {
    const data = /^data: (.+)$/m.exec(frame)?.[1];
    if (data === undefined) return false;
    const { step, at } = JSON.parse(data) as { step: string; at: string };
    if (step !== 'confirmed') this.#latency.add(Date.now() - Math.max(openedAt, Date.parse(at)));
    return step === 'completed';
  }
}
