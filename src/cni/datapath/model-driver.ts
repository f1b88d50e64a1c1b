// The plugin's hands on a simulated node: what it set up, kept as records from which the kernel's state follows.
import type { BranchSetup, PodDriver, PodSetup } from "../plugin/driver.ts";

/** A pod's interface as it was set up: settings of later do not change it. */
export type Attached = (PodSetup & { readonly vlanId?: undefined }) | BranchSetup;

/** The pods' part of a node's network. */
export class ModelDriver implements PodDriver {
  readonly #attached = new Map<string, Attached>();

  setUp(pods: readonly PodSetup[]): void {
    for (const pod of pods) this.#attached.set(keyOf(pod), pod);
  }

  tearDown(pods: readonly Pick<PodSetup, "namespace" | "name" | "index">[]): void {
    for (const pod of pods) this.#attached.delete(keyOf(pod));
  }

  setUpBranch(pod: BranchSetup): void {
    this.#attached.set(keyOf(pod), pod);
  }

  tearDownBranch({ namespace, name }: Pick<BranchSetup, "namespace" | "name">): void {
    this.#attached.delete(keyOf({ namespace, name, index: 0 }));
  }

  /** The interfaces of a pod, by index. */
  of(namespace: string, name: string): Attached[] {
    const found: Attached[] = [];
    for (let index = 0; ; index++) {
      const attached = this.#attached.get(keyOf({ namespace, name, index }));
      if (!attached) return found;
      found.push(attached);
    }
  }
}

const keyOf = ({ namespace, name, index }: Pick<PodSetup, "namespace" | "name" | "index">): string =>
  index === 0 ? `${namespace}/${name}` : `${namespace}/${name}/${index}`;
