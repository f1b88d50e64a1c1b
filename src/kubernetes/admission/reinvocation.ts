// A second round of mutation: who has to look again because somebody after it changed the object (Kubernetes documentation,
// "Dynamic Admission Control", reinvocation policy).

/** What is known of one request's rounds. There are at most two. */
export class Reinvocation {
  #again = false;
  #needed = false;
  #invoked = new Set<string>();
  readonly #due = new Set<string>();
  #seen: string | undefined;

  /** Whether this is the second round. */
  get again(): boolean {
    return this.#again;
  }

  /** Goes to the second round; false if there is none. */
  next(): boolean {
    if (this.#again || !this.#needed) return false;
    this.#again = true;
    return true;
  }

  /** Webhooks begin with the object as the built-in plugins left it. */
  begin(object: unknown): void {
    if (this.#again && JSON.stringify(object) !== this.#seen) this.#recall();
  }

  /** Webhooks are through with the object. */
  end(object: unknown): void {
    this.#seen = JSON.stringify(object);
  }

  /** Whether a webhook is to be asked in this round. */
  isDue(webhook: string): boolean {
    return !this.#again || this.#due.has(webhook);
  }

  /** A webhook was asked: whether it changed the object, and whether it wants to see what others change later. */
  asked(webhook: string, changed: boolean, ifNeeded: boolean): void {
    if (changed) {
      this.#recall();
      this.#needed = true;
    }
    if (ifNeeded) this.#invoked.add(webhook);
  }

  #recall(): void {
    for (const each of this.#invoked) this.#due.add(each);
    this.#invoked = new Set();
  }
}
