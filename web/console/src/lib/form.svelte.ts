import { drop, keep, kept } from '../../../shared/src/kept.ts';
import { newIdempotencyKey, Refusal, type Versioned } from '../api/client.ts';
import { fieldWords } from './faults.ts';

export type FormValues = Record<string, unknown>;

/** What a form sends with its values. */
export type Sending = {
  /** The same for as long as the same values are sent again. */
  idempotencyKey: string;
  /** The version that the values were made from. */
  etag: string | undefined;
};

type Options<V> = {
  /** Names the draft in this tab's storage: of one thing of one seller, such as `staff/1/new`. */
  key: string;
  initial: V;
  etag?: string | undefined;
  /** Reads what is there now, for when somebody else changed it meanwhile (412). */
  reload?: () => Promise<Versioned<V>>;
  /** Fields that are never written into the tab's storage, such as passwords. */
  secret?: readonly (keyof V & string)[];
};

/** `/address/city` of a problem is the field `address.city`. */
function fieldOf(path: string): string {
  return path.replace(/^\//, '').replaceAll('/', '.');
}

/**
 * A form: what was typed outlives a reload as a draft, errors stand beside their fields, and what is sent once more has
 * the same idempotency key. Make it while a component is set up.
 */
export class Form<V extends FormValues> {
  values: V = $state()!;
  /** Field → what is wrong with it. */
  errors: Record<string, string> = $state.raw({});
  /** What is wrong with no field in particular. */
  fault: unknown = $state.raw();
  isSending = $state(false);
  /** What somebody else saved meanwhile. */
  theirs: V | undefined = $state.raw();
  /** Whether the values come from a draft that was left. */
  isRestored = $state(false);
  /** Names of the fields that are on the page; errors of others are told above. */
  readonly fields = new Set<string>();
  readonly #options: Options<V>;
  #initial: V = $state.raw()!;
  #etag: string | undefined;
  #theirEtag: string | undefined;
  #sent = '';
  #idempotencyKey = '';

  constructor(options: Options<V>) {
    this.#options = options;
    this.#initial = options.initial;
    this.#etag = options.etag;
    const draft = kept<Partial<V>>(this.#storageKey);
    this.isRestored = draft !== null;
    this.values = { ...structuredClone(options.initial), ...draft };
    $effect(() => this.#keepDraft());
  }

  /** Whether something differs from what is saved. */
  get isChanged(): boolean {
    return JSON.stringify(this.values) !== JSON.stringify(this.#initial);
  }

  /** Errors that no field of the page stands for. */
  get otherErrors(): string[] {
    return Object.entries(this.errors)
      .filter(([name]) => !this.fields.has(name))
      .map(([name, words]) => `${name}: ${words}`);
  }

  /** Says what is wrong with a field before anything is sent. */
  refuse(errors: Record<string, string>): void {
    this.errors = errors;
  }

  /** Forgets what was typed. */
  reset(initial: V = this.#initial, etag: string | undefined = this.#etag): void {
    this.#initial = initial;
    this.#etag = etag;
    this.values = structuredClone($state.snapshot(initial) as V);
    this.errors = {};
    this.fault = undefined;
    this.theirs = undefined;
    this.isRestored = false;
    drop(this.#storageKey);
  }

  /**
   * Sends the values. What is refused is shown in the form.
   * @returns what the server answered, or undefined when it refused.
   */
  async submit<T>(send: (values: V, sending: Sending) => Promise<T>): Promise<T | undefined> {
    if (this.isSending) return undefined;
    this.isSending = true;
    this.errors = {};
    this.fault = undefined;
    const values = $state.snapshot(this.values) as V;
    const sent = JSON.stringify(values);
    if (this.#idempotencyKey === '' || sent !== this.#sent) this.#idempotencyKey = newIdempotencyKey();
    this.#sent = sent;
    try {
      const answer = await send(values, { idempotencyKey: this.#idempotencyKey, etag: this.#etag });
      this.#idempotencyKey = '';
      this.reset(this.#withoutSecrets(values));
      return answer;
    } catch (error) {
      await this.#show(error);
      return undefined;
    } finally {
      this.isSending = false;
    }
  }

  /** Throws away what was typed for what somebody else saved. */
  takeTheirs(): void {
    if (this.theirs) this.reset(this.theirs, this.#theirEtag);
  }

  /** Keeps what was typed, to be saved over what somebody else saved. */
  keepMine(): void {
    if (this.theirs) this.#initial = this.theirs;
    this.#etag = this.#theirEtag;
    this.theirs = undefined;
    this.fault = undefined;
  }

  #withoutSecrets(values: V): V {
    const empty = (this.#options.secret ?? []).map((name) => [name, '']);
    return { ...values, ...Object.fromEntries(empty) };
  }

  get #storageKey(): string {
    return `taquilla.draft.${this.#options.key}`;
  }

  async #show(error: unknown): Promise<void> {
    if (error instanceof Refusal && error.isConflict && this.#options.reload) {
      try {
        const { body, etag } = await this.#options.reload();
        this.#theirEtag = etag;
        this.theirs = body;
        return;
      } catch (failure) {
        this.fault = failure;
        return;
      }
    }
    if (error instanceof Refusal) {
      this.errors = Object.fromEntries(error.errors.map((one) => [fieldOf(one.path), fieldWords(one)]));
    }
    this.fault = error;
  }

  #keepDraft(): void {
    const values = $state.snapshot(this.values) as V;
    if (!this.isChanged) {
      drop(this.#storageKey);
      return;
    }
    keep(this.#storageKey, this.#withoutSecrets(values));
  }
}
