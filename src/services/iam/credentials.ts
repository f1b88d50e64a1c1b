// Long-term access keys, as signatures are checked against them, and the record of their use.
import type { Caller } from "../../aws/caller.ts";
import type { CallRecorder, CredentialSource } from "../ports.ts";
import type { IamState } from "./state.ts";

/** Looks long-term keys up. A key whose user is gone is nobody's. */
export function createCredentials(state: IamState, partition: string): CredentialSource {
  return {
    credential(accessKeyId) {
      const key = state.accessKeys.get(accessKeyId);
      if (!key) return undefined;
      const active = key.status === "Active";
      const common = { partition, accountId: key.accountId, accessKeyId };
      if (key.userName === undefined) {
        const arn = `arn:${partition}:iam::${key.accountId}:root`;
        const caller: Caller = { kind: "root", ...common, arn, userId: key.accountId };
        return { secretAccessKey: key.secret, caller, active };
      }
      const user = state.users.find(key.accountId, key.userName);
      if (!user) return undefined;
      const caller: Caller = { kind: "user", ...common, arn: user.arn, userId: user.id, userName: user.name };
      return { secretAccessKey: key.secret, caller, active };
    },
  };
}

/** How exact the record of last use is, in milliseconds: use within it writes nothing. */
const PRECISION = 60_000;

/** Notes when access keys and roles are used; GetAccessKeyLastUsed and GetRole's RoleLastUsed show it. */
export function createUsage(state: IamState): CallRecorder {
  const note = (id: string, at: number, region: string, service: string) => {
    const last = state.lastUsed.get(id);
    if (!last || at - last.at >= PRECISION || last.service !== service || last.region !== region)
      state.lastUsed.put(id, { at, region, service });
  };
  return {
    record({ caller, time, region, service }) {
      const at = Math.floor(time / 1000) * 1000;
      if (caller.kind === "role-session") {
        const role = state.roles.byArn(caller.roleArn);
        if (role && caller.userId.startsWith(`${role.id}:`)) note(role.id, at, region, service);
      } else if (caller.accessKeyId !== undefined && state.accessKeys.has(caller.accessKeyId))
        note(caller.accessKeyId, at, region, service);
    },
  };
}
