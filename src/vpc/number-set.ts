// A set of small whole numbers with constant-time add, remove and random pick: the free list of an address book.

/** Members are numbers in [0, capacity). */
export class NumberSet {
  readonly #members: Uint32Array;
  /** Position of a member plus one; 0 when absent. */
  readonly #position: Uint32Array;
  #size = 0;
  /** No member is smaller. */
  #floor = 0;

  constructor(capacity: number) {
    this.#members = new Uint32Array(capacity);
    this.#position = new Uint32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  has(value: number): boolean {
    return (this.#position[value] ?? 0) > 0;
  }

  /** False if it was a member already. */
  add(value: number): boolean {
    if (this.has(value)) return false;
    this.#members[this.#size++] = value;
    this.#position[value] = this.#size;
    if (value < this.#floor) this.#floor = value;
    return true;
  }

  /** False if it was no member. */
  delete(value: number): boolean {
    const position = this.#position[value] ?? 0;
    if (position === 0) return false;
    const last = this.#members[--this.#size]!;
    this.#members[position - 1] = last;
    this.#position[last] = position;
    this.#position[value] = 0;
    return true;
  }

  /** The member at a position in [0, size); the order is arbitrary. */
  at(position: number): number {
    return this.#members[position]!;
  }

  /** The smallest member; undefined if empty. Looks on from where the last search ended. */
  lowest(): number | undefined {
    if (this.#size === 0) return undefined;
    while (this.#position[this.#floor] === 0) this.#floor++;
    return this.#floor;
  }

  clear(): void {
    this.#position.fill(0);
    this.#floor = 0;
    this.#size = 0;
  }
}
