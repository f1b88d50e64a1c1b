// An entry whose value may be on disk alone.
import type { Entry } from "./store.ts";

/** Reads the current value of a key from where it was committed. Throws if there is none or the place is closed. */
export type ReadValue = (key: string) => Uint8Array;

/**
 * What the engine keeps of a key. Most values are read soon after they were written, or never again as bytes; so a value is in memory
 * while its event is in the history, and is read from disk when somebody asks for it later.
 */
export class StoredEntry implements Entry {
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  parsed: unknown = undefined;
  readonly #read: ReadValue | undefined;
  #value: Uint8Array | undefined;

  /** `read` is absent where nothing but this entry holds the value; `value` where it is on disk already. */
  constructor(key: string, revision: number, createRevision: number, read: ReadValue | undefined, value: Uint8Array | undefined) {
    this.key = key;
    this.revision = revision;
    this.createRevision = createRevision;
    this.#read = read;
    this.#value = value;
  }

  get value(): Uint8Array {
    return this.#value ?? this.#read!(this.key);
  }

  /** Lets go of the value: it is committed, and this entry is the key's current one. */
  cool(): void {
    if (this.#read) this.#value = undefined;
  }

  /** Takes the value back into memory: another is about to replace it. */
  warm(): void {
    this.#value ??= this.#read?.(this.key);
  }
}
