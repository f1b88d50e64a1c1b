// What ipamd counts, by upstream's metric names (spec vpc-cni §3.13).

/** Labels of a sample. */
export type Labels = Readonly<Record<string, string>>;

/** One count. */
export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** Counts that only grow, and sums of what was measured. */
export class Counters {
  readonly #samples = new Map<string, { name: string; labels: Labels; value: number }>();
  readonly #summaries = new Set<string>();

  add(name: string, labels: Labels = {}, count = 1): void {
    const key = `${name}${JSON.stringify(labels)}`;
    const sample = this.#samples.get(key);
    if (sample) sample.value += count;
    else this.#samples.set(key, { name, labels, value: count });
  }

  /** Adds a measurement to a summary: its samples are `<name>_sum` and `<name>_count`. */
  observe(name: string, labels: Labels, value: number): void {
    this.#summaries.add(name);
    this.add(`${name}_sum`, labels, value);
    this.add(`${name}_count`, labels);
  }

  /** Sum over all labels. */
  total(name: string): number {
    return this.samples.filter((sample) => sample.name === name).reduce((sum, { value }) => sum + value, 0);
  }

  get samples(): readonly Sample[] {
    return [...this.#samples.values()];
  }

  /** The summary a sample belongs to; undefined if it is a plain count. */
  summaryOf(sample: string): string | undefined {
    return [...this.#summaries].find((name) => sample === `${name}_sum` || sample === `${name}_count`);
  }
}
