// Pods with AWS credentials: the agent, service accounts, pods and what a local process sees as one of them.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { CreateAddonCommand, DescribeAddonCommand } from "@aws-sdk/client-eks";
import { ATOLL_COMMAND } from "./atoll.ts";
import { kubeRequest, tokenOf } from "./kube.ts";
import { type Result, run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { eventually } from "./wait.ts";

/** Installs the Pod Identity agent as an EKS add-on and waits until its pods run on every node. */
export async function installAgent({ test, cluster, name }: Scenario, token: string): Promise<void> {
  const addon = { clusterName: name, addonName: "eks-pod-identity-agent" };
  await test.clients.eks.send(new CreateAddonCommand(addon));
  await eventually("add-on eks-pod-identity-agent ACTIVE", async () => {
    const { addon: state } = await test.clients.eks.send(new DescribeAddonCommand(addon));
    if (state?.status === "CREATE_FAILED") throw new Error(`the add-on failed: ${JSON.stringify(state.health)}`);
    return state?.status === "ACTIVE";
  });
  await eventually("agents Ready", async () => {
    const { body } = await kubeRequest(cluster, token, "/apis/apps/v1/namespaces/kube-system/daemonsets/eks-pod-identity-agent");
    return body.status?.numberReady > 0 && body.status.numberReady === body.status.desiredNumberScheduled;
  });
}

/** A cluster's pods and service accounts in one namespace. */
export class PodMaker {
  readonly namespace: string;
  readonly #scenario: Scenario;
  readonly #token: string;

  private constructor(scenario: Scenario, token: string, namespace: string) {
    this.#scenario = scenario;
    this.#token = token;
    this.namespace = namespace;
  }

  /** Makes the namespace. */
  static async in(scenario: Scenario, namespace: string): Promise<PodMaker> {
    const maker = new PodMaker(scenario, await tokenOf(scenario), namespace);
    await maker.#create("/api/v1/namespaces", { metadata: { name: namespace } });
    return maker;
  }

  async serviceAccount(name: string, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#create(`/api/v1/namespaces/${this.namespace}/serviceaccounts`, { metadata: { name, annotations } });
  }

  /** Makes a pod and waits until it runs; returns it. `container` and `spec` are what they have besides. */
  async pod(name: string, serviceAccountName: string, { container, spec: more }: { container?: object; spec?: object } = {}): Promise<any> {
    const containers = [{ name: "app", image: "public.ecr.aws/docker/library/busybox:stable", ...container }];
    const spec = { serviceAccountName, containers, ...more };
    await this.#create(`/api/v1/namespaces/${this.namespace}/pods`, { metadata: { name }, spec });
    return eventually(`pod ${name} Running`, async () => {
      const { body } = await kubeRequest(this.#scenario.cluster, this.#token, this.#pathOf(name));
      return body.status?.phase === "Running" && body;
    });
  }

  /** Deletes a pod and waits until it is gone. */
  async deletePod(name: string): Promise<void> {
    await kubeRequest(this.#scenario.cluster, this.#token, `${this.#pathOf(name)}?gracePeriodSeconds=0`, { method: "DELETE" });
    await eventually(`pod ${name} gone`, async () => {
      const { status } = await kubeRequest(this.#scenario.cluster, this.#token, this.#pathOf(name));
      return status === 404;
    });
  }

  /** Runs a local command as a pod, the caller's environment full of root's keys. */
  run(pod: string, command: readonly string[], input = ""): Promise<Result> {
    return run(process.execPath, this.#asPod(pod, command), { env: this.#scenario.test.environment(), input });
  }

  /** Starts a local command as a pod, with further variables, and leaves it running. */
  start(pod: string, command: readonly string[], env: Readonly<Record<string, string>>): ChildProcessByStdio<Writable, Readable, Readable> {
    const everything = { ...this.#scenario.test.environment(), ...env };
    return spawn(process.execPath, this.#asPod(pod, command), { env: everything, stdio: ["pipe", "pipe", "pipe"] });
  }

  #asPod(pod: string, command: readonly string[]): string[] {
    return [ATOLL_COMMAND, "run", "--as-pod", `${this.namespace}/${pod}`, "--", ...command];
  }

  #pathOf(pod: string): string {
    return `/api/v1/namespaces/${this.namespace}/pods/${pod}`;
  }

  async #create(path: string, object: object): Promise<void> {
    const { status, body } = await kubeRequest(this.#scenario.cluster, this.#token, path, { method: "POST", body: object });
    if (status !== 201) throw new Error(`POST ${path}: ${status} ${body.message ?? body}`);
  }
}
