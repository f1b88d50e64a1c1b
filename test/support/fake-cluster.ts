// A fake API, clock and controllers in one place, with a kubelet that makes pods ready on demand.
import { FakeClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { KubeObject, NewObject, ResourceType } from "../../src/kubernetes/api/object.ts";
import { type RunningControllers, startControllers } from "../../src/kubernetes/controllers/index.ts";
import type { ServedResource } from "../../src/kubernetes/runtime/catalog.ts";
import { FakeKubeClient } from "./fake-kube-client.ts";

const served: [ResourceType, string, string, boolean][] = [
  ["pods", "v1", "Pod", true],
  ["configmaps", "v1", "ConfigMap", true],
  ["secrets", "v1", "Secret", true],
  ["services", "v1", "Service", true],
  ["endpoints", "v1", "Endpoints", true],
  ["serviceaccounts", "v1", "ServiceAccount", true],
  ["nodes", "v1", "Node", false],
  ["namespaces", "v1", "Namespace", false],
  ["events", "v1", "Event", true],
  ["deployments.apps", "apps/v1", "Deployment", true],
  ["replicasets.apps", "apps/v1", "ReplicaSet", true],
  ["statefulsets.apps", "apps/v1", "StatefulSet", true],
  ["daemonsets.apps", "apps/v1", "DaemonSet", true],
  ["controllerrevisions.apps", "apps/v1", "ControllerRevision", true],
  ["jobs.batch", "batch/v1", "Job", true],
  ["cronjobs.batch", "batch/v1", "CronJob", true],
  ["persistentvolumeclaims", "v1", "PersistentVolumeClaim", true],
  ["persistentvolumes", "v1", "PersistentVolume", false],
  ["clusterroles.rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1", "ClusterRole", false],
];

/** The types the fake cluster serves. */
export const fakeCatalog: readonly ServedResource[] = served.map(([type, apiVersion, kind, namespaced]) => ({
  type,
  apiVersion,
  kind,
  namespaced,
  group: apiVersion.includes("/") ? apiVersion.split("/")[0]! : "",
}));

export class FakeCluster {
  readonly clock = new FakeClock();
  readonly client = new FakeKubeClient(this.clock);
  controllers: RunningControllers;

  constructor() {
    this.controllers = this.start();
  }

  start(): RunningControllers {
    return startControllers({
      clientFor: () => this.client,
      catalog: () => fakeCatalog,
      caBundle: "PEM",
      clock: this.clock,
      log: silentLog,
      random: seededRandom(7),
    });
  }

  /** Stops all controllers and starts them anew, as a restart of the process does. */
  restart(): void {
    this.controllers.close();
    this.controllers = this.start();
  }

  create(type: ResourceType, object: NewObject): Promise<KubeObject> {
    return this.client.create(type, object.metadata.namespace ?? "", object);
  }

  /** Lets controllers finish, including quick retries after conflicts. */
  async settle(milliseconds = 100): Promise<void> {
    await this.controllers.idle();
    await this.clock.step(milliseconds);
    await this.controllers.idle();
  }

  /** Changes an object's specification by hand. */
  async edit(type: ResourceType, namespace: string, name: string, body: object): Promise<void> {
    await this.client.patch(type, namespace, name, "merge", body);
    await this.settle();
  }

  pods(namespace = "default"): readonly KubeObject[] {
    return this.client.list("pods", { namespace });
  }

  /** Plays the kubelet for one pod. */
  async setPod(pod: KubeObject, phase: string, ready = phase === "Running"): Promise<void> {
    const now = new Date(this.clock.now()).toISOString();
    const conditions = [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: now }];
    await this.client.patch(
      "pods",
      pod.metadata.namespace!,
      pod.metadata.name,
      "strategic",
      { status: { phase, conditions } },
      { subresource: "status" },
    );
  }

  /** Plays the kubelet for all: pending pods become ready, terminating ones go, until nothing changes. */
  async runPods(namespace = "default"): Promise<void> {
    for (let round = 0; round < 50; round++) {
      await this.settle();
      const waiting = this.pods(namespace).filter((pod) => pod.status.phase === "Pending" || pod.metadata.deletionTimestamp);
      if (!waiting.length) return;
      for (const pod of waiting) {
        if (pod.metadata.deletionTimestamp) await this.client.delete("pods", namespace, pod.metadata.name, { gracePeriodSeconds: 0 });
        else await this.setPod(pod, "Running");
      }
    }
  }

  /** Messages of the events about an object, in order, as `Reason: message`. */
  events(name: string): string[] {
    return this.client
      .list("events")
      .filter((event) => event.involvedObject.name === name)
      .map((event) => `${event.reason}: ${event.message}`);
  }

  close(): void {
    this.controllers.close();
  }
}

/** A deployment of `replicas` pods labelled app=name. */
export function deployment(name: string, replicas: number, spec: object = {}): NewObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      template: podTemplate({ app: name }),
      ...spec,
    },
  };
}

export function podTemplate(labels: Record<string, string>, image = "nginx:1", spec: object = {}): any {
  return { metadata: { labels }, spec: { containers: [{ name: "main", image }], ...spec } };
}
