// Plays the containers of a pod: init containers in order, then all others, with exits, restarts and back-off.
import type { Timer } from "../../base/clock.ts";
import type { KubeObject } from "../api/object.ts";
import { type ContainerRecord, terminated } from "./containers.ts";
import type { KubeletContext } from "./context.ts";
import { networkProbe } from "./probes.ts";
import { misconfigured } from "./volumes.ts";

const firstBackoff = 10_000;
const longestBackoff = 300_000;
/** A container that ran this long restarts without delay again. */
const forgiven = 600_000;
const imageRetry = 10_000;
/** Probes whose failure ends the container. */
const LETHAL = [
  ["livenessProbe", "Liveness"],
  ["startupProbe", "Startup"],
] as const;

export class ContainerRunner {
  readonly records: readonly ContainerRecord[];
  readonly #context: KubeletContext;
  readonly #pod: () => KubeObject;
  readonly #changed: () => void;
  readonly #timers = new Map<ContainerRecord, Timer[]>();
  readonly #backoffs = new Map<ContainerRecord, number>();
  #closed = false;
  #hurry: (() => void) | undefined;

  constructor(context: KubeletContext, pod: () => KubeObject, records: readonly ContainerRecord[], changed: () => void) {
    this.#context = context;
    this.#pod = pod;
    this.records = records;
    this.#changed = changed;
    const hasInit = records.some(({ role }) => role !== "main");
    for (const record of records) if (hasInit && record.role === "main") record.waiting = { reason: "PodInitializing" };
  }

  /** A container has run before; the kubelet was restarted. */
  get hasStarted(): boolean {
    return this.records.some(({ state, last }) => state !== "waiting" || last);
  }

  /** Starts what is to be started next and re-arms what runs already. */
  run(): void {
    for (const record of this.records) if (record.state === "running") this.#arm(record);
    this.#advance();
  }

  /** Stops all timers; states stay. */
  close(): void {
    this.#closed = true;
    for (const timers of this.#timers.values()) for (const timer of timers) timer.cancel();
    this.#timers.clear();
  }

  /** Ends every running container at once, as killed. */
  kill(): void {
    for (const record of this.records) if (record.state === "running") this.#ended(record, 137, "Error");
  }

  /** Cuts a termination under way short. */
  killNow(): void {
    this.#hurry?.();
  }

  /** Asks the containers to stop: pre-stop sleep, SIGTERM, and for those that ignore it the rest of the grace period. */
  async terminate(graceSeconds: number): Promise<void> {
    const { events, clock } = this.#context;
    const running = this.records.filter(({ state }) => state === "running");
    for (const { name } of running) events.event(this.#pod(), "Normal", "Killing", `Stopping container ${name}`, this.#path(name));
    const preStop = Math.max(0, ...running.map(({ spec }) => spec.lifecycle?.preStop?.sleep?.seconds ?? 0));
    const stubborn = running.some(({ behaviour }) => behaviour.ignoresTerm);
    const wait = Math.min(graceSeconds, stubborn ? graceSeconds : preStop);
    if (wait > 0) {
      await this.#context.activity.pause(
        new Promise<void>((resolve) => {
          const timer = clock.after(wait * 1000, resolve);
          this.#hurry = () => {
            timer.cancel();
            resolve();
          };
        }),
      );
    }
    for (const record of running) {
      const killed = record.behaviour.ignoresTerm;
      this.#ended(record, killed ? 137 : 0, killed ? "Error" : "Completed");
    }
    for (const record of this.records) {
      if (record.state !== "waiting" || record.role !== "main") continue;
      if (record.last) this.#restore(record);
      else this.#neverRan(record);
    }
  }

  /** The next init container, or everything else once the init containers are through. */
  #advance(): void {
    if (this.#closed) return;
    for (const record of this.records) {
      if (record.role === "main") continue;
      if (record.state === "waiting" && !this.#isWaitingForTimer(record)) this.#tryStart(record);
      const through = record.role === "init" ? record.state === "terminated" && record.exitCode === 0 : record.state === "running";
      if (!through) {
        this.#changed();
        return;
      }
    }
    for (const record of this.records) {
      if (record.role !== "main" || record.state !== "waiting" || this.#isWaitingForTimer(record)) continue;
      if (record.waiting.reason === "PodInitializing") record.waiting = { reason: "ContainerCreating" };
      this.#tryStart(record);
    }
    this.#finishSidecars();
    this.#changed();
  }

  #tryStart(record: ContainerRecord): void {
    const { events, lookup } = this.#context;
    const pod = this.#pod();
    const { image } = record.spec;
    const path = this.#path(record.name);
    if (record.behaviour.imageMissing) {
      this.#imageFailed(record);
      return;
    }
    const wrong = misconfigured(pod, record.spec, lookup);
    if (wrong) {
      record.waiting = { reason: "CreateContainerConfigError", message: wrong };
      events.event(pod, "Warning", "Failed", `Error: ${wrong}`, path);
      this.#later(record, imageRetry, () => this.#advance());
      return;
    }
    events.event(pod, "Normal", "Pulled", `Container image "${image}" already present on machine`, path);
    events.event(pod, "Normal", "Created", `Created container: ${record.name}`, path);
    events.event(pod, "Normal", "Started", `Started container ${record.name}`, path);
    record.state = "running";
    record.startedAt = this.#context.clock.now();
    record.ready = false;
    this.#arm(record);
  }

  #imageFailed(record: ContainerRecord): void {
    const { events } = this.#context;
    const { image } = record.spec;
    const path = this.#path(record.name);
    const again = record.waiting.reason.startsWith("ErrImage") || record.waiting.reason.startsWith("ImagePull");
    const cause = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
    const message = `rpc error: code = NotFound desc = ${cause}`;
    if (again) {
      record.waiting = { reason: "ImagePullBackOff", message: `Back-off pulling image "${image}": ErrImagePull: ${message}` };
      events.event(this.#pod(), "Normal", "BackOff", `Back-off pulling image "${image}"`, path);
      events.event(this.#pod(), "Warning", "Failed", "Error: ImagePullBackOff", path);
    } else {
      events.event(this.#pod(), "Normal", "Pulling", `Pulling image "${image}"`, path);
      record.waiting = { reason: "ErrImagePull", message };
      events.event(this.#pod(), "Warning", "Failed", `Failed to pull image "${image}": ${message}`, path);
      events.event(this.#pod(), "Warning", "Failed", "Error: ErrImagePull", path);
    }
    this.#later(record, imageRetry, () => {
      this.#advance();
      this.#changed();
    });
  }

  /** Sets the timers of a running container: readiness and exit. */
  #arm(record: ContainerRecord): void {
    const { behaviour, startedAt, restarts } = record;
    const ran = this.#context.clock.now() - startedAt;
    if (behaviour.exit && restarts < behaviour.exit.times) {
      const { code, reason, after } = behaviour.exit;
      if (after <= ran) {
        this.#exited(record, code, reason);
        return;
      }
      this.#later(record, after - ran, () => this.#exited(record, code, reason));
    }
    if (record.role === "init") return;
    this.#watchLiveness(record);
    if (behaviour.readyAfter === "never") return;
    if (behaviour.readyAfter <= ran) record.ready = this.#passesReadiness(record);
    else this.#later(record, behaviour.readyAfter - ran, () => this.#probeReadiness(record));
  }

  #probeReadiness(record: ContainerRecord): void {
    record.ready = this.#passesReadiness(record);
    this.#changed();
  }

  /** A container is ready once its probe gets through; until then it is tried once a period. */
  #passesReadiness(record: ContainerRecord): boolean {
    const probe = networkProbe(record.spec, "readinessProbe");
    const problem = probe && this.#context.network.probeProblem?.(this.#pod(), probe.port);
    if (!probe || problem === undefined) return true;
    this.#context.events.event(this.#pod(), "Warning", "Unhealthy", `Readiness probe failed: ${problem}`, this.#path(record.name));
    this.#later(record, probe.period, () => this.#probeReadiness(record));
    return false;
  }

  /** Where the network keeps liveness and start-up probes away, the container is restarted for it. */
  #watchLiveness(record: ContainerRecord): void {
    for (const [kind, title] of LETHAL) {
      const probe = networkProbe(record.spec, kind);
      if (!probe || this.#context.network.probeProblem?.(this.#pod(), probe.port) === undefined) continue;
      this.#later(record, probe.patience, () => {
        const problem = this.#context.network.probeProblem?.(this.#pod(), probe.port);
        if (problem === undefined) return;
        const path = this.#path(record.name);
        this.#context.events.event(this.#pod(), "Warning", "Unhealthy", `${title} probe failed: ${problem}`, path);
        const killing = `Container ${record.name} failed ${title.toLowerCase()} probe, will be restarted`;
        this.#context.events.event(this.#pod(), "Normal", "Killing", killing, path);
        this.#exited(record, 137, "Error");
      });
    }
  }

  #exited(record: ContainerRecord, code: number, reason: string): void {
    this.#ended(record, code, reason);
    const policy = this.#pod().spec.restartPolicy ?? "Always";
    const restarts =
      record.role === "sidecar" ||
      (record.role === "init" ? code !== 0 && policy !== "Never" : policy === "Always" || (policy === "OnFailure" && code !== 0));
    if (restarts && !this.#closed) this.#restart(record);
    else if (record.role === "init" && code === 0) setImmediate(() => this.#advance());
    else this.#finishSidecars();
    this.#changed();
  }

  /** The first restart is immediate, later ones wait 10 s doubling to 5 min. */
  #restart(record: ContainerRecord): void {
    const uid = this.#pod().metadata.uid;
    const { name, namespace } = this.#pod().metadata;
    if (record.finishedAt - record.startedAt >= forgiven) this.#backoffs.delete(record);
    const delay =
      this.#backoffs.get(record) ?? (record.restarts > 0 ? Math.min(firstBackoff * 2 ** (record.restarts - 1), longestBackoff) : 0);
    this.#backoffs.set(record, Math.min(Math.max(delay * 2, firstBackoff), longestBackoff));
    const start = () => {
      record.last = terminated(uid, record);
      record.restarts++;
      record.state = "waiting";
      this.#advance();
    };
    if (delay === 0) {
      setImmediate(() => {
        if (!this.#closed) start();
      });
      return;
    }
    const who = `restarting failed container=${record.name} pod=${name}_${namespace}(${uid})`;
    record.last = terminated(uid, record);
    record.state = "waiting";
    record.waiting = {
      reason: "CrashLoopBackOff",
      message: `back-off ${delay >= 60_000 ? `${Math.floor(delay / 60_000)}m${(delay % 60_000) / 1000}s` : `${delay / 1000}s`} ${who}`,
    };
    this.#context.events.event(
      this.#pod(),
      "Warning",
      "BackOff",
      `Back-off restarting failed container ${record.name} in pod ${name}_${namespace}(${uid})`,
      this.#path(record.name),
    );
    this.#later(record, delay, () => {
      record.restarts++;
      this.#advance();
    });
  }

  /** Sidecars end when the last ordinary container has. */
  #finishSidecars(): void {
    const main = this.records.filter(({ role }) => role === "main");
    const waiting = main.some((record) => record.state !== "terminated" || this.#isWaitingForTimer(record));
    if (waiting || main.some((record) => this.#willRestart(record))) return;
    for (const record of this.records) if (record.role === "sidecar" && record.state === "running") this.#ended(record, 0, "Completed");
  }

  #willRestart({ exitCode }: ContainerRecord): boolean {
    const policy = this.#pod().spec.restartPolicy ?? "Always";
    return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
  }

  #ended(record: ContainerRecord, code: number, reason: string): void {
    for (const timer of this.#timers.get(record) ?? []) timer.cancel();
    this.#timers.delete(record);
    record.state = "terminated";
    record.finishedAt = this.#context.clock.now();
    record.exitCode = code;
    record.reason = reason;
    record.ready = record.role === "init" && code === 0;
  }

  /** A pod stopped during a crash back-off shows how the container ended last. */
  #restore(record: ContainerRecord): void {
    record.state = "terminated";
  }

  #neverRan(record: ContainerRecord): void {
    record.state = "terminated";
    record.finishedAt = this.#context.clock.now();
    record.exitCode = 137;
    record.reason = "ContainerStatusUnknown";
  }

  #isWaitingForTimer(record: ContainerRecord): boolean {
    return (this.#timers.get(record)?.length ?? 0) > 0 && record.state !== "running";
  }

  #later(record: ContainerRecord, milliseconds: number, run: () => void): void {
    const timers = this.#timers.get(record) ?? [];
    const timer = this.#context.clock.after(milliseconds, () => {
      this.#timers.set(
        record,
        (this.#timers.get(record) ?? []).filter((other) => other !== timer),
      );
      if (!this.#closed) run();
    });
    this.#timers.set(record, [...timers, timer]);
  }

  #path(name: string): string {
    const init = this.records.some((record) => record.name === name && record.role !== "main");
    return `spec.${init ? "initContainers" : "containers"}{${name}}`;
  }
}
