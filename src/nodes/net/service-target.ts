// The address of a Service as a target: where kube-proxy sends a connection to it.
import type { NetStep } from "../../base/net-report.ts";
import type { EmbeddedCluster } from "../../clusters/embedded-cluster.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { backendsOf } from "../../kubernetes/controllers/service/addresses.ts";
import { NetError } from "./errors.ts";

/** A Service's answer: the step that tells, and the pod followed from here on, unless there is none. */
export interface Forwarded {
  readonly step: NetStep;
  readonly backend?: { readonly pod: KubeObject; readonly port: number };
}

/** The Service that has an address of the cluster's service range. Throws NetError if none has, or its endpoints are not pods. */
export function serviceWith(cluster: EmbeddedCluster, address: string): KubeObject {
  const service = cluster
    .client()
    .list("services")
    .find(({ spec }) => spec?.clusterIP === address);
  if (!service) throw new NetError(`${address} is in the range of Services, but no Service has it`);
  if (Object.keys(service.spec.selector ?? {}).length > 0) return service;
  const { namespace, name } = service.metadata;
  throw new NetError(`${address} is the address of Service ${namespace}/${name}, which selects no pods; ask about what is behind it`);
}

/** Follows a connection to a port of the Service to the first of the pods that are ready, of which kube-proxy takes any. */
export function forward(cluster: EmbeddedCluster, service: KubeObject, protocol: string, port: number): Forwarded {
  const { namespace, name } = service.metadata;
  const at = `${service.spec.clusterIP} is Service ${namespace}/${name}`;
  const fails = (text: string): Forwarded => ({ step: { step: "kube-proxy", verdict: "fails", text: `${at}${text}` } });
  const ports: readonly { port: number; protocol?: string; name?: string }[] = service.spec.ports ?? [];
  const asked = ports.find((each) => each.port === port && (each.protocol ?? "TCP") === protocol.toUpperCase());
  if (!asked) {
    const offered = ports.map((each) => `${(each.protocol ?? "TCP").toLowerCase()} ${each.port}`).join(", ");
    return fails(`, which has no port ${protocol} ${port}; its ports: ${offered}`);
  }
  const backends = backendsOf(cluster.running.stores, service).flatMap((backend) => {
    const target = backend.ports.find((each) => each.name === (asked.name ?? "") && each.protocol === (asked.protocol ?? "TCP"));
    return backend.ready && target?.port !== undefined ? [{ pod: backend.pod, port: target.port }] : [];
  });
  const [backend] = backends;
  if (!backend) return fails(", behind which no pod is ready");
  const { metadata, status } = backend.pod;
  const choice = backends.length === 1 ? "its only ready pod" : `one of ${backends.length} ready pods, followed here:`;
  const text = `${at}; kube-proxy sends it to ${choice} ${metadata.namespace}/${metadata.name} (${status.podIP} port ${backend.port})`;
  return { step: { step: "kube-proxy", verdict: "ok", text }, backend };
}
