// A second round of mutation: who has to look again because somebody after it changed the object (Kubernetes documentation,
// "Dynamic Admission Control", reinvocation policy).

/** What is known of one request's rounds. There are at most two. */
export class Reinvocation {
  #again = false;
  #needed = false;
  readonly #turns = new Map<string, Turns>();

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

  /** Somebody changed the object, so that others are to look again. */
  need(): void {
    this.#needed = true;
  }

  /** Whose turn it is among the webhooks, or the policies, of a plugin. */
  of(plugin: string): Turns {
    let turns = this.#turns.get(plugin);
    if (!turns) {
      turns = new Turns(this);
      this.#turns.set(plugin, turns);
    }
    return turns;
  }
}

/** Who of one plugin is asked in which round. */
export class Turns {
  readonly #rounds: Reinvocation;
  #invoked = new Set<string>();
  readonly #due = new Set<string>();
  #seen: string | undefined;

  constructor(rounds: Reinvocation) {
    this.#rounds = rounds;
  }

  /** The plugin begins with the object as those before it left it. */
  begin(object: unknown): void {
    if (this.#rounds.again && JSON.stringify(object) !== this.#seen) this.#recall();
  }

  /** The plugin is through with the object. */
  end(object: unknown): void {
    if (this.#invoked.size > 0) this.#seen = JSON.stringify(object);
  }

  /** Whether one is to be asked in this round. */
  isDue(name: string): boolean {
    return !this.#rounds.again || this.#due.has(name);
  }

  /** One was asked: whether it changed the object, and whether it wants to see what others change later. */
  asked(name: string, changed: boolean, ifNeeded: boolean): void {
    if (changed) {
      this.#recall();
      this.#rounds.need();
    }
    if (ifNeeded) this.#invoked.add(name);
  }

  #recall(): void {
    for (const each of this.#invoked) this.#due.add(each);
    this.#invoked = new Set();
  }
}
