// What Auto Scaling keeps: groups of customers' own, tags of all groups, and activities.
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";

/** A launch template as a group names it; the version is as given: a number, `$Latest` or `$Default`. */
export interface TemplateReference {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

/** A mixed instances policy, with every default filled in. */
export interface MixedRecord {
  /** Types in the order in which they are tried; none: the template's. */
  readonly types: readonly string[];
  readonly onDemandBase: number;
  readonly onDemandPercentage: number;
  readonly onDemandStrategy: string;
  readonly spotStrategy: string;
}

/** A rolling replacement of a group's instances. */
export interface RefreshRecord {
  readonly id: string;
  readonly status: "Pending" | "InProgress" | "Successful" | "Cancelled";
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly minHealthyPercentage: number;
  readonly skipMatching: boolean;
  readonly percentageComplete: number;
}

/** A group that a customer made. Its members are the instances that carry its name in a tag only services can write. */
export interface GroupRecord {
  readonly name: string;
  readonly uuid: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredCapacity: number;
  readonly subnetIds: readonly string[];
  readonly zones: readonly string[];
  readonly template: TemplateReference;
  readonly mixed?: MixedRecord;
  readonly terminationPolicies: readonly string[];
  readonly protectNew: boolean;
  readonly capacityRebalance: boolean;
  readonly cooldown: number;
  readonly healthCheckType: string;
  readonly healthCheckGracePeriod: number;
  readonly maxInstanceLifetime?: number;
  readonly warmup?: number;
  readonly context?: string;
  readonly suspended: readonly string[];
  readonly serviceLinkedRoleArn: string;
  /** Set once the group is being deleted with its instances. */
  readonly deleting?: boolean;
  /** Members by what is said of them. */
  readonly standby: readonly string[];
  readonly protected: readonly string[];
  readonly unhealthy: readonly string[];
  /** To be terminated because somebody asked for it. */
  readonly leaving: readonly string[];
  /** To lose the tag that makes them members. */
  readonly detaching?: readonly string[];
  /** Members when last looked at. */
  readonly known: readonly string[];
  readonly refreshes: readonly RefreshRecord[];
}

/** Tags that customers put on a group. */
export interface GroupTags {
  /** Values by key. */
  readonly tags: Readonly<Record<string, string>>;
  /** Keys of the tags that new instances get. */
  readonly propagated?: readonly string[];
}

/** Something Auto Scaling did. */
export interface ActivityRecord {
  readonly id: string;
  readonly group: string;
  readonly groupArn: string;
  readonly instanceId?: string;
  readonly description: string;
  readonly cause: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly status: "InProgress" | "Successful" | "Failed";
  readonly statusMessage?: string;
  /** JSON text. */
  readonly details: string;
}

/** Keys: `<account>/<region>/<group>`, and for activities `/<number>` after it. */
export interface AutoScalingState {
  readonly store: Store;
  readonly groups: Collection<GroupRecord>;
  readonly tags: Collection<GroupTags>;
  readonly activities: Collection<ActivityRecord>;
}

/** Opens the collections over a store. */
export function autoScalingState(store: Store): AutoScalingState {
  return {
    store,
    groups: new Collection(store, "autoscaling/group"),
    tags: new Collection(store, "autoscaling/tags"),
    activities: new Collection(store, "autoscaling/activity"),
  };
}

/** Key of a group's records. */
export const groupKey = ({ account, region }: { readonly account: string; readonly region: string }, name: string) =>
  `${account}/${region}/${name}`;

/** Tags that a group's new instances get from its customer. */
export function propagatedTags(state: AutoScalingState, key: string): { Key: string; Value: string }[] {
  const { tags = {}, propagated = [] } = state.tags.get(key) ?? {};
  return propagated.flatMap((Key) => (tags[Key] === undefined ? [] : [{ Key, Value: tags[Key] }]));
}
