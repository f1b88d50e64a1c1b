// Changes of EC2 instances, read from EC2's records.
import { Collection } from "../store/collection.ts";
import type { Store } from "../store/store.ts";
import type { InstanceEvents } from "./runtime.ts";

/** Instances as EC2 keeps them, as far as node groups care. */
interface InstanceState {
  readonly state: unknown;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Tells of every instance whose state changed. */
export function instanceEvents(store: Store): InstanceEvents {
  const instances = new Collection<InstanceState>(store, "ec2/instance");
  return {
    watch: (listener) =>
      instances.watch(({ key, record, previous }) => {
        if (JSON.stringify(record?.state) === JSON.stringify(previous?.state)) return;
        const [account = "", region = "", instanceId = ""] = key.split("/");
        const tags = (record ?? previous)?.tags;
        const [cluster, group] = [tags?.["eks:cluster-name"], tags?.["eks:nodegroup-name"]];
        const nodegroup = cluster && group ? `${account}/${region}/${cluster}/${group}` : undefined;
        listener({ account, region, instanceId, nodegroup, scalingGroup: tags?.["aws:autoscaling:groupName"] });
      }),
  };
}
