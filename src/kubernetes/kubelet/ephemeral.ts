// Containers that are added to a running pod to debug it: they start at once and are never restarted (`kubectl debug`).
import type { KubeObject } from "../api/object.ts";
import { type ContainerRecord, ephemeralRecord } from "./containers.ts";
import type { KubeletContext } from "./context.ts";

/** The ephemeral containers of one pod. */
export class EphemeralContainers {
  readonly #context: Pick<KubeletContext, "clock" | "events">;
  readonly #records = new Map<string, ContainerRecord>();

  constructor(context: Pick<KubeletContext, "clock" | "events">) {
    this.#context = context;
  }

  get records(): readonly ContainerRecord[] {
    return [...this.#records.values()];
  }

  /** Starts those of the spec that are new; whether there were any. */
  start(pod: KubeObject): boolean {
    const fresh = (pod.spec.ephemeralContainers ?? []).filter(({ name }: { name: string }) => !this.#records.has(name));
    for (const spec of fresh) this.#records.set(spec.name, this.#begun(pod, ephemeralRecord(pod, spec)));
    return fresh.length > 0;
  }

  /** Ends them with their pod. */
  kill(): void {
    for (const record of this.#records.values()) {
      if (record.state !== "running") continue;
      record.state = "terminated";
      record.finishedAt = this.#context.clock.now();
      record.exitCode = 137;
      record.reason = "Error";
    }
  }

  #begun(pod: KubeObject, record: ContainerRecord): ContainerRecord {
    if (record.state !== "waiting") return record;
    const { clock, events } = this.#context;
    const path = `spec.ephemeralContainers{${record.name}}`;
    events.event(pod, "Normal", "Pulled", `Container image "${record.spec.image}" already present on machine`, path);
    events.event(pod, "Normal", "Created", `Created container: ${record.name}`, path);
    events.event(pod, "Normal", "Started", `Started container ${record.name}`, path);
    record.state = "running";
    record.startedAt = clock.now();
    return record;
  }
}
