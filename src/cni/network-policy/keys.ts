// What makes two entries the same: cheap texts, because large policies are compared entry by entry on every change of a pod.
import type { Entry, EntryPort, PodEndpoint } from "./types.ts";

export const portKey = ({ protocol, port, endPort }: EntryPort): string => `${protocol}:${port ?? ""}-${endPort ?? ""}`;

export const entryKey = ({ cidr, except = [], ports = [] }: Entry): string =>
  except.length + ports.length === 0 ? cidr : `${cidr} ${except.join()} ${ports.map(portKey).join()}`;

export const podKey = ({ namespace, name, podIP, hostIP }: PodEndpoint): string => `${namespace}/${name} ${podIP} ${hostIP}`;

/** Every value once, in order of first appearance. */
export function distinct<T>(values: readonly T[], key: (value: T) => string): T[] {
  return [...new Map(values.map((value) => [key(value), value])).values()];
}
