// VLAN ids of one trunk: every branch interface rides on one of its own (spec vpc-cni §6.5).

const FIRST = 1;
const LAST = 120;

/** Ids in use. */
export class VlanIds {
  readonly #used = new Set<number>();

  /** Takes the lowest free id. Throws in the controller's words if there is none. */
  take(): number {
    for (let id = FIRST; id <= LAST; id++) {
      if (this.#used.has(id)) continue;
      this.#used.add(id);
      return id;
    }
    throw new Error(`failed to find free vlan id in the available ${LAST} ids`);
  }

  /** Notes that an id is taken already. */
  mark(id: number): void {
    this.#used.add(id);
  }

  free(id: number): void {
    this.#used.delete(id);
  }
}
