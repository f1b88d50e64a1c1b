// VolumeZone: the zone and region labels of bound volumes must be the node's.
import type { KubeObject } from "../../api/object.ts";
import { type Filter, final } from "./filter.ts";

/** Current names by the names that count as well. */
const keys: Readonly<Record<string, string>> = {
  "topology.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region": "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
};

export const volumeZone: Filter = {
  name: "VolumeZone",
  prepare({ pod, claims }, context) {
    const wanted = claims.flatMap((name) => {
      const volume: string | undefined = context.claim(pod.metadata.namespace ?? "", name)?.spec.volumeName;
      return volume ? topologies(context.volume(volume)) : [];
    });
    if (!wanted.length) return undefined;
    const refusal = final("node(s) had no available volume zone");
    return ({ node }) => {
      const labels = node.metadata.labels ?? {};
      if (!Object.keys(keys).some((key) => labels[key] !== undefined)) return undefined;
      const fits = ({ key, values }: Topology) => values.includes(labels[key] ?? labels[keys[key] as string] ?? "");
      return wanted.every(fits) ? undefined : refusal;
    };
  },
};

interface Topology {
  readonly key: string;
  readonly values: readonly string[];
}

/** A label may list several zones, between two underscores each. */
function topologies(volume: KubeObject | undefined): Topology[] {
  const labels = volume?.metadata.labels ?? {};
  return Object.keys(keys).flatMap((key) => (labels[key] === undefined ? [] : [{ key, values: labels[key].split("__") }]));
}
