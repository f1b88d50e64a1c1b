// Probes that the kubelet makes over the network, and what comes of them where the network keeps them away.
import type { KubeObject } from "../api/object.ts";

/** A probe of a container. */
interface Probe {
  readonly tcpSocket?: { readonly port: number | string };
  readonly httpGet?: { readonly port: number | string };
  readonly grpc?: { readonly port: number };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
}

interface Container {
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
}

/** A probe over TCP: its port, its period and the time after which its failure counts, in milliseconds. */
export interface NetworkProbe {
  readonly port: number;
  readonly period: number;
  readonly patience: number;
}

const KINDS = ["livenessProbe", "readinessProbe", "startupProbe"] as const;

/** A container's probe of a kind; undefined if it has none, or one that does not use the network. */
export function networkProbe(container: Container, kind: (typeof KINDS)[number]): NetworkProbe | undefined {
  const probe = container[kind];
  const wanted = (probe?.tcpSocket ?? probe?.httpGet ?? probe?.grpc)?.port;
  if (!probe || wanted === undefined) return undefined;
  const named = container.ports?.find(({ name }) => name === wanted)?.containerPort;
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 } = probe;
  const period = periodSeconds * 1000;
  return { port: named ?? Number(wanted), period, patience: initialDelaySeconds * 1000 + period * failureThreshold };
}

/** All ports of a pod that are probed over TCP, ascending. */
export function probedPorts({ spec }: KubeObject): number[] {
  const containers: Container[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const ports = containers.flatMap((container) => KINDS.flatMap((kind) => networkProbe(container, kind)?.port ?? []));
  return [...new Set(ports)].sort((a, b) => a - b);
}
