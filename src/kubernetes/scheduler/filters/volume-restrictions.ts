// VolumeRestrictions: a claim for one pod only, and block volumes named in pods themselves, serve one pod at a time.
import type { PodInfo } from "../pod-info.ts";
import { type Filter, forNow } from "./filter.ts";

const disks = ({ pod }: PodInfo): string[] =>
  (pod.spec.volumes ?? []).flatMap((volume: any) => (volume.awsElasticBlockStore ? [volume.awsElasticBlockStore.volumeID] : []));

export const volumeRestrictions: Filter = {
  name: "VolumeRestrictions",
  prepare(info, context) {
    const { pod, claims } = info;
    const namespace = pod.metadata.namespace ?? "";
    const single = claims.filter((name) => context.claim(namespace, name)?.spec.accessModes?.includes("ReadWriteOncePod"));
    const own = disks(info);
    if (!single.length && !own.length) return undefined;
    const users = single.length ? context.state.usersOf(namespace, single) : [];
    const inUse = forNow(
      context.minor >= 33
        ? "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
        : "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
    );
    const taken = forNow("node(s) had no available disk");
    return (node) => {
      if (own.length && [...node.pods.values()].some((other) => disks(other).some((id) => own.includes(id)))) return taken;
      const gone = new Set(node.removed.map((other) => other.pod.metadata.uid));
      return users.some((other) => !gone.has(other.pod.metadata.uid)) ? inUse : undefined;
    };
  },
};
