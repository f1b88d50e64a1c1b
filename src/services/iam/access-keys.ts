// Long-term access keys of users and of the root user. Secrets leave only in CreateAccessKey's answer.

import { secretAccessKey } from "../../aws/ids.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { accessKeyId } from "../access-key-id.ts";
import { validate } from "../validation.ts";
import { principalArn } from "./access.ts";
import type { IamDeps } from "./deps.ts";
import { noSuchEntity, quotaExceeded, validationError } from "./errors.ts";
import { wholeSecond } from "./names.ts";
import { page } from "./paging.ts";
import type { AccessKeyRecord } from "./records.ts";
import { resourceTagConditions } from "./tags.ts";
import { callerUser } from "./users.ts";

const KEYS_PER_USER = 2;

interface OwnerInput {
  readonly UserName?: string | undefined;
}

/** Whose keys an input is about: a user's name, or undefined for root. Throws NoSuchEntity or ValidationError. */
function owner({ UserName }: OwnerInput, call: Call, { state }: IamDeps): string | undefined {
  const name = UserName ?? callerUser(call);
  if (name !== undefined) return state.users.require(call.account, name).name;
  if (call.caller.kind !== "root") throw validationError("Must specify userName when calling with non-User credentials");
  return undefined;
}

const onOwner = {
  resource(input: OwnerInput, call: Call, deps: IamDeps) {
    const name = input.UserName ?? callerUser(call);
    return name === undefined ? `arn:${call.partition}:iam::${call.account}:root` : principalArn("user", name, call, deps);
  },
  conditions: (input: OwnerInput, call: Call, { state }: IamDeps) =>
    resourceTagConditions(state.users.find(call.account, input.UserName ?? callerUser(call) ?? "")?.tags),
};

function requireKey(id: string | undefined, user: string | undefined, call: Call, { state }: IamDeps): Readonly<AccessKeyRecord> {
  const key = state.accessKeys.get(id ?? "");
  if (!key || key.accountId !== call.account || key.userName?.toLowerCase() !== user?.toLowerCase()) {
    throw noSuchEntity(`The Access Key with id ${id} cannot be found.`);
  }
  return key;
}

/** Makes and stores an active key. */
export function newAccessKey(
  account: string,
  userName: string | undefined,
  now: number,
  { state, random }: Pick<IamDeps, "state" | "random">,
) {
  let id = accessKeyId("AKIA", account, random);
  while (state.accessKeys.has(id)) id = accessKeyId("AKIA", account, random);
  return state.accessKeys.put(id, {
    accessKeyId: id,
    secret: secretAccessKey(random),
    accountId: account,
    userName,
    status: "Active",
    createdAt: wholeSecond(now),
  });
}

/** IAM shows root's keys under this name. */
const shownName = (userName: string | undefined) => userName ?? "root";

export const accessKeys = {
  CreateAccessKey: {
    ...onOwner,
    run(input, call, deps) {
      const user = owner(input, call, deps);
      if (deps.state.keysOf(call.account, user).length >= KEYS_PER_USER) throw quotaExceeded("AccessKeysPerUser", KEYS_PER_USER);
      const key = newAccessKey(call.account, user, call.now, deps);
      return {
        AccessKey: {
          UserName: shownName(user),
          AccessKeyId: key.accessKeyId,
          Status: key.status,
          SecretAccessKey: key.secret,
          CreateDate: new Date(key.createdAt),
        },
      };
    },
  },

  ListAccessKeys: {
    ...onOwner,
    run(input, call, deps) {
      const user = owner(input, call, deps);
      const { items, ...rest } = page(deps.state.keysOf(call.account, user), (key) => `${key.createdAt} ${key.accessKeyId}`, input);
      const keys = items.map(({ accessKeyId, status, createdAt }) => ({
        UserName: shownName(user),
        AccessKeyId: accessKeyId,
        Status: status,
        CreateDate: new Date(createdAt),
      }));
      return { AccessKeyMetadata: keys, ...rest };
    },
  },

  UpdateAccessKey: {
    ...onOwner,
    run(input, call, deps) {
      validate({ member: "status", value: input.Status, oneOf: ["Active", "Inactive", "Expired"] });
      const key = requireKey(input.AccessKeyId, owner(input, call, deps), call, deps);
      deps.state.accessKeys.put(key.accessKeyId, { ...key, status: input.Status === "Active" ? "Active" : "Inactive" });
      return {};
    },
  },

  DeleteAccessKey: {
    ...onOwner,
    run(input, call, deps) {
      const key = requireKey(input.AccessKeyId, owner(input, call, deps), call, deps);
      deps.state.accessKeys.delete(key.accessKeyId);
      deps.state.lastUsed.delete(key.accessKeyId);
      return {};
    },
  },

  GetAccessKeyLastUsed: {
    resource({ AccessKeyId }, call, deps) {
      const key = deps.state.accessKeys.get(AccessKeyId ?? "");
      return principalArn("user", key?.accountId === call.account && key.userName ? key.userName : "*", call, deps);
    },
    run({ AccessKeyId }, call, { state }) {
      const key = state.accessKeys.get(AccessKeyId ?? "");
      if (!key || key.accountId !== call.account) throw noSuchEntity(`The Access Key with id ${AccessKeyId} cannot be found.`);
      const used = state.lastUsed.get(key.accessKeyId);
      return {
        UserName: shownName(key.userName),
        AccessKeyLastUsed: used
          ? { LastUsedDate: new Date(used.at), ServiceName: used.service, Region: used.region }
          : { ServiceName: "N/A", Region: "N/A" },
      };
    },
  },
} satisfies Operations<Sdk["iam"], IamDeps>;
