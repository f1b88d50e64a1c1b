// The interfaces no instance has, found without reading all interfaces: every node asks for them when it looks for leaked ones.
import type { InterfaceRecord } from "./records.ts";

/** Where interfaces are read from. */
interface Source {
  get(kind: "network-interface", id: string): Readonly<InterfaceRecord> | undefined;
  list(kind: "network-interface"): readonly Readonly<InterfaceRecord>[];
}

/**
 * Notes the id of every interface that is written without an attachment; reading looks each one up again. So an answer is what the records
 * say at that moment, whatever was attached, deleted or rolled back since.
 */
export class LooseInterfaces {
  readonly #source: Source;
  #noted: Set<string> | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  note(record: InterfaceRecord): void {
    if (!record.attachment) this.#noted?.add(record.id);
  }

  /** Interfaces without attachment, by id. */
  all(): InterfaceRecord[] {
    if (!this.#noted) {
      this.#noted = new Set();
      for (const record of this.#source.list("network-interface")) this.note(record);
    }
    const found: InterfaceRecord[] = [];
    for (const id of this.#noted) {
      const record = this.#source.get("network-interface", id);
      if (record && !record.attachment) found.push(record);
      else this.#noted.delete(id);
    }
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}
