// What Auto Scaling's operations are given.
import type { Invoke } from "../../aws/operation.ts";
import type { Collection } from "../../store/collection.ts";
import type { ScalingGroups } from "../ports.ts";

/** Tags that customers put on a group. Key of the collection: `account/region/group`. */
export interface GroupTags {
  /** Values by key. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface AutoScalingDeps {
  readonly groups: ScalingGroups;
  readonly tags: Collection<GroupTags>;
  /** How EC2 is asked for the instances of a group. */
  readonly invoke: Invoke;
}
