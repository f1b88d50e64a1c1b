// The end of a transition: the add-on's status and, if an update was behind it, the update's.

import type { AddonRecord } from "../../services/eks/records.ts";
import type { ControllerDeps } from "../deps.ts";
import { type AddonFailure, updateError } from "./failure.ts";

/** The cluster's part of an add-on's key. */
export const parentOf = (key: string): string => key.slice(0, key.lastIndexOf("/"));

/** An add-on with a problem, or without one. */
export const withHealth = (addon: AddonRecord, status: AddonRecord["status"], problem: AddonFailure | undefined): AddonRecord => ({
  ...addon,
  status,
  health: problem ? [{ code: problem.code, message: problem.message, resourceIds: problem.resourceIds }] : [],
});

/** Writes status and health unless somebody changed the add-on meanwhile. A successful update brings its settings into force. */
export function finish(
  { state, clock }: Pick<ControllerDeps, "state" | "clock">,
  key: string,
  before: AddonRecord,
  status: AddonRecord["status"],
  problem?: AddonFailure,
): void {
  const addon = state.addons.get(key);
  if (addon?.arn !== before.arn || addon.status !== before.status || addon.activeUpdate !== before.activeUpdate) return;
  const now = clock.now();
  const { activeUpdate, wanted, ...rest } = addon;
  const settled = problem || !wanted ? rest : { ...withoutSettings(rest), ...wanted };
  state.store.transact(() => {
    state.addons.put(key, { ...withHealth(settled, status, problem), modifiedAt: now });
    if (!activeUpdate) return;
    state.updates.update(`${parentOf(key)}/${activeUpdate}`, (update) => ({
      ...update,
      status: problem ? "Failed" : "Successful",
      errors: problem ? [updateError(problem)] : [],
      finishedAt: now,
    }));
  });
}

function withoutSettings(addon: AddonRecord): AddonRecord {
  const { serviceAccountRoleArn: _, configurationValues: __, ...rest } = addon;
  return rest;
}
