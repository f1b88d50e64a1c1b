// One pod on one node, from being bound to being gone: admission, volumes, sandbox, init containers, containers, restarts, termination.
import type { Timer } from "../../base/clock.ts";
import type { KubeObject } from "../api/object.ts";
import { errorText, ignoreNotFound, isConflict } from "../runtime/errors.ts";
import { sameSpec } from "../runtime/hash.ts";
import { isPodFinished, isPodReady } from "../runtime/pods.ts";
import { parseTime } from "../runtime/time.ts";
import { ContainerRunner } from "./container-runner.ts";
import { recordsOf, sandboxId } from "./containers.ts";
import type { KubeletContext } from "./context.ts";
import { EphemeralContainers } from "./ephemeral.ts";
import { type PodFacts, podStatus } from "./status.ts";
import { unmountable } from "./volumes.ts";

/** How long a start may take before `ContainerCreating` is reported; faster starts cost one status write instead of two. */
const quietStart = 250;
const firstRetry = 500;
const longestMountRetry = 122_000;
const longestSandboxRetry = 10_000;

export class PodWorker {
  readonly #context: KubeletContext;
  #pod: KubeObject;
  readonly #runner: ContainerRunner;
  readonly #ephemeral: EphemeralContainers;
  readonly #startTime: number;
  readonly #sandbox: string;
  #ips: readonly string[];
  #hasSandbox = false;
  #verdict: PodFacts["verdict"];
  #stopping = false;
  #tornDown = false;
  #ending = false;
  #closed = false;
  #wake: (() => void) | undefined;
  #writing = false;
  #dirty = false;
  #quiet: Timer | undefined;
  #deadline: Timer | undefined;
  #setup: Promise<void> = Promise.resolve();
  #graceTimer: Timer | undefined;

  constructor(context: KubeletContext, pod: KubeObject) {
    this.#context = context;
    this.#pod = pod;
    this.#startTime = pod.status?.startTime ? parseTime(pod.status.startTime) : context.clock.now();
    this.#sandbox = sandboxId(pod.metadata.uid);
    this.#ips = (pod.status?.podIPs ?? []).map(({ ip }: { ip: string }) => ip);
    this.#ephemeral = new EphemeralContainers(context);
    this.#runner = new ContainerRunner(
      context,
      () => this.#pod,
      recordsOf(pod),
      () => this.#changed(),
    );
  }

  get pod(): KubeObject {
    return this.#pod;
  }

  /** Counts against the node's capacity. */
  get active(): boolean {
    return !this.#verdict && !isPodFinished(this.#pod);
  }

  /** Begins, or picks up where the pod's status says the kubelet was. */
  start(): void {
    if (this.#pod.metadata.deletionTimestamp) {
      this.terminate();
      return;
    }
    if (isPodFinished(this.#pod)) {
      // The kubelet may have stopped between reporting the end and freeing the network; freeing twice does no harm.
      void this.#context.activity.track(this.#tearDown());
      return;
    }
    const rejection = this.#context.admit(this.#pod);
    const resumed = this.#runner.hasStarted;
    if (rejection && !resumed) {
      this.#verdict = rejection;
      this.#context.events.event(this.#pod, "Warning", rejection.reason, rejection.message);
      this.#changed();
      return;
    }
    const { activeDeadlineSeconds } = this.#pod.spec;
    if (activeDeadlineSeconds !== undefined) {
      const left = this.#startTime + activeDeadlineSeconds * 1000 - this.#context.clock.now();
      this.#deadline = this.#context.clock.after(left, () => {
        void this.#context.activity.track(this.fail("DeadlineExceeded", "Pod was active on the node longer than the specified deadline"));
      });
    }
    if (!resumed) this.#quiet = this.#context.clock.after(quietStart, () => this.#changed());
    this.#setup = this.#context.activity.track(this.#start());
  }

  /** The pod object changed. */
  update(pod: KubeObject): void {
    const before = this.#pod;
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp) this.terminate();
    else if (this.#hasSandbox && this.#ephemeral.start(pod)) this.#changed();
    // The node's lifecycle controller takes readiness away while the node is late; it is the kubelet's to give it back.
    else if (isPodReady(before) && !isPodReady(pod)) this.#changed();
    else if (pod.spec.readinessGates?.length && before.status?.conditions !== pod.status?.conditions) this.#changed();
  }

  /** The pod object is gone: clean up without telling the API. */
  vanish(): void {
    if (this.#closed) return;
    this.#stop();
    this.#closed = true;
    void this.#context.activity.track(this.#tearDown());
  }

  /** The kubelet stops; the pod stays as it is. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  /** Ends the containers within the grace period, frees the network, and deletes the pod from the API. */
  terminate(): void {
    if (this.#ending || this.#closed) {
      this.#shortenGrace();
      return;
    }
    this.#ending = true;
    this.#stop();
    void this.#context.activity.track(this.#end()).catch((error) => {
      this.#context.log.warn({ pod: this.#pod.metadata.name, error: errorText(error) }, "pod not ended");
    });
  }

  /** The kubelet gives the pod up (eviction, deadline): containers stop and the pod has failed. */
  async fail(reason: string, message: string): Promise<void> {
    if (this.#stopping || this.#verdict || isPodFinished(this.#pod)) return;
    this.#context.events.event(this.#pod, "Normal", reason, message);
    this.#stop();
    this.#runner.kill();
    this.#ephemeral.kill();
    this.#verdict = { reason, message };
    this.#changed();
    await this.#tearDown();
  }

  async #start(): Promise<void> {
    if (!this.#ips.length || this.#pod.spec.hostNetwork) {
      await this.#retrying(longestMountRetry, "FailedMount", async () => {
        const reason = unmountable(this.#pod, this.#context.lookup);
        if (reason) throw new Error(reason);
      });
      await this.#retrying(longestSandboxRetry, "FailedCreatePodSandBox", () => this.#createSandbox());
    }
    if (this.#stopping || this.#closed) return;
    this.#hasSandbox = true;
    this.#runner.run();
    if (this.#ephemeral.start(this.#pod)) this.#changed();
    if (!isPodReady(this.#pod)) this.#changed();
  }

  async #createSandbox(): Promise<void> {
    const { network, facts, client } = this.#context;
    if (this.#pod.spec.hostNetwork) {
      this.#ips = facts.addresses.filter(({ type }) => type === "InternalIP").map(({ address }) => address);
      return;
    }
    try {
      const { ips, annotations } = await network.add(this.#pod, this.#sandbox);
      this.#ips = ips;
      if (annotations && Object.entries(annotations).some(([key, value]) => this.#pod.metadata.annotations?.[key] !== value)) {
        const { namespace = "", name, uid } = this.#pod.metadata;
        await ignoreNotFound(client.patch("pods", namespace, name, "merge", { metadata: { uid, annotations } }));
      }
    } catch (error) {
      const cause = errorText(error);
      // The CNI chain's errors arrive with the plugin's own words; the container runtime wraps them as containerd does.
      const wrapped = cause.startsWith("plugin type=") ? cause : `plugin type="aws-cni" name="aws-cni" failed (add): ${cause}`;
      throw new Error(
        `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "${this.#sandbox}": ${wrapped}`,
      );
    }
  }

  /** Tries until it works or the pod stops; every failure is an event. */
  async #retrying(longest: number, reason: string, attempt: () => Promise<void>): Promise<void> {
    for (let delay = firstRetry; !this.#stopping && !this.#closed; delay = Math.min(delay * 2, longest)) {
      try {
        return await attempt();
      } catch (error) {
        if (this.#stopping || this.#closed) return;
        this.#context.events.event(this.#pod, "Warning", reason, errorText(error));
        this.#changed();
        await this.#sleep(delay);
      }
    }
  }

  /** Waits without counting as busy; a stop ends the wait. */
  #sleep(milliseconds: number): Promise<void> {
    return this.#context.activity.pause(
      new Promise((resolve) => {
        const timer = this.#context.clock.after(milliseconds, resolve);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      }),
    );
  }

  #stop(): void {
    this.#stopping = true;
    this.#quiet?.cancel();
    this.#quiet = undefined;
    this.#deadline?.cancel();
    this.#runner.close();
    this.#wake?.();
  }

  async #end(): Promise<void> {
    const { client } = this.#context;
    await this.#setup;
    const finished = isPodFinished(this.#pod);
    if (!finished) {
      await this.#runner.terminate(this.#pod.metadata.deletionGracePeriodSeconds ?? 30);
      this.#ephemeral.kill();
      await this.#writeStatus(true);
    }
    if (this.#closed) return;
    await this.#tearDown();
    const { namespace = "", name, uid } = this.#pod.metadata;
    try {
      await ignoreNotFound(client.delete("pods", namespace, name, { gracePeriodSeconds: 0, uid }));
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }

  /** A second deletion with a shorter grace period hurries the first. */
  #shortenGrace(): void {
    this.#graceTimer?.cancel();
    const grace = this.#pod.metadata.deletionGracePeriodSeconds ?? 30;
    this.#graceTimer = this.#context.clock.after(grace * 1000, () => this.#runner.killNow());
  }

  async #tearDown(): Promise<void> {
    await this.#setup;
    const { namespace = "", name, uid } = this.#pod.metadata;
    this.#hasSandbox = false;
    if (this.#pod.spec.hostNetwork || this.#tornDown) return;
    this.#tornDown = true;
    for (let delay = firstRetry; ; delay = Math.min(delay * 2, longestSandboxRetry)) {
      try {
        await this.#context.network.delete({ namespace, name, uid }, this.#sandbox);
        return;
      } catch (error) {
        this.#context.events.event(
          this.#pod,
          "Warning",
          "FailedKillPod",
          `error killing pod: failed to "KillPodSandbox": ${errorText(error)}`,
        );
        await this.#context.activity.pause(new Promise<void>((resolve) => void this.#context.clock.after(delay, resolve)));
      }
    }
  }

  /** Something about the containers changed: report it once this turn is over. */
  #changed(): void {
    if (this.#dirty || this.#closed) return;
    this.#dirty = true;
    void this.#context.activity.track(new Promise<void>((resolve) => setImmediate(() => resolve())).then(() => this.#flush()));
  }

  async #flush(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    try {
      while (this.#dirty && !this.#closed) {
        this.#dirty = false;
        if (!this.#stopping || this.#verdict) await this.#writeStatus(false);
      }
    } finally {
      this.#writing = false;
    }
    if (isPodFinished(this.#pod) && this.#hasSandbox) await this.#tearDown();
  }

  #facts(terminating: boolean): PodFacts {
    return {
      containers: this.#runner.records,
      ephemeral: this.#ephemeral.records,
      hostIP: this.#context.hostIP,
      ips: this.#ips,
      startTime: this.#startTime,
      sandbox: this.#hasSandbox,
      terminating,
      ...(this.#verdict ? { verdict: this.#verdict } : {}),
    };
  }

  async #writeStatus(terminating: boolean): Promise<void> {
    this.#quiet?.cancel();
    this.#quiet = undefined;
    const { client, clock, log } = this.#context;
    const { namespace = "", name, uid } = this.#pod.metadata;
    const status = podStatus(this.#pod, this.#facts(terminating), clock.now());
    if (sameSpec(pick(this.#pod.status, status), status)) return;
    try {
      const written = await ignoreNotFound(
        client.patch("pods", namespace, name, "strategic", { metadata: { uid }, status }, { subresource: "status" }),
      );
      if (written && Number(written.metadata.resourceVersion) > Number(this.#pod.metadata.resourceVersion)) this.#pod = written;
    } catch (error) {
      if (isConflict(error)) return;
      log.warn({ pod: name, error: errorText(error) }, "status not written");
      this.#context.clock.after(1000, () => this.#changed());
    }
  }
}

/** The part of a stored status that a new one speaks about; conditions by type. */
function pick(stored: any, next: any): any {
  const result: any = {};
  for (const key of Object.keys(next)) result[key] = stored?.[key];
  const types = new Set(next.conditions.map((condition: { type: string }) => condition.type));
  result.conditions = (stored?.conditions ?? []).filter((condition: { type: string }) => types.has(condition.type));
  const order = (list: any[]) => [...list].sort((a, b) => (a.type < b.type ? -1 : 1));
  result.conditions = order(result.conditions);
  next.conditions = order(next.conditions);
  return result;
}
