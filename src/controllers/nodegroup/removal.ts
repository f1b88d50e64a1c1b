// Taking nodes away: drain within a time limit, then stop and terminate.
import type { Instance } from "@aws-sdk/client-ec2";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { ControllerDeps } from "../deps.ts";
import type { Group } from "./group.ts";
import { terminateInstance } from "./instances.ts";
import { drain, nodeOf } from "./node-objects.ts";

/** Outcome for one node. */
export type Removed = "gone" | "draining" | "refused";

/** Remembers since when nodes are being drained. A restart of Atoll starts a node's time anew. */
export class Removal {
  readonly #deps: ControllerDeps;
  readonly #since = new Map<string, number>();

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
  }

  /**
   * One step towards an instance's end. Pods that resist longer than the drain limit go down with the node; with `patient`, a
   * disruption budget that still refuses then is reported as "refused" and the node stays.
   */
  async step(group: Group, instance: Instance, kube: KubeClient | undefined, patient = false): Promise<Removed> {
    const { clock, timing, nodes } = this.#deps;
    const id = instance.InstanceId!;
    const node = kube && nodeOf(kube, id);
    if (kube && node) {
      const since = this.#since.get(id) ?? clock.now();
      this.#since.set(id, since);
      const { left, refused } = await drain(kube, node);
      const overdue = clock.now() - since >= timing.drainLimit;
      if (left > 0 && !overdue) return "draining";
      if (refused > 0 && patient) return "refused";
    }
    await nodes.shutdown(id);
    await terminateInstance(this.#deps, group, id);
    this.#since.delete(id);
    return "gone";
  }
}
