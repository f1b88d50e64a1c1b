// Counts work under way, so that tests and a clean stop can wait until nothing moves any more.

/** Work under way across queues, event recorders and kubelets of one cluster. */
export class Activity {
  #running = 0;
  readonly #sources = new Set<() => boolean>();

  /** Counts `work` as under way until it settles; failures are the caller's. */
  async track<T>(work: Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await work;
    } finally {
      this.#running--;
    }
  }

  /** Waits for something that only time brings: inside tracked work, the wait does not count as work. */
  async pause<T>(wait: Promise<T>): Promise<T> {
    this.#running--;
    try {
      return await wait;
    } finally {
      this.#running++;
    }
  }

  /** Adds a source that says whether it has work of its own. Returns how to remove it. */
  watch(busy: () => boolean): () => void {
    this.#sources.add(busy);
    return () => this.#sources.delete(busy);
  }

  get busy(): boolean {
    if (this.#running > 0) return true;
    for (const busy of this.#sources) if (busy()) return true;
    return false;
  }

  /** Resolves when nothing has moved for three turns of the event loop. Delayed work does not count. */
  async idle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      await new Promise((resolve) => setImmediate(resolve));
      quiet = this.busy ? 0 : quiet + 1;
    }
  }
}
