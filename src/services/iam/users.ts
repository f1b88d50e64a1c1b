// IAM users.
import type { CreateUserRequest } from "@aws-sdk/client-iam";
import { iamId } from "../../aws/ids.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import { onListing, onNew, onPrincipal, principalArn } from "./access.ts";
import type { IamDeps } from "./deps.ts";
import { alreadyExists, deleteConflict, quotaExceeded, validationError } from "./errors.ts";
import { checkBoundary } from "./guards.ts";
import { checkName, entityArn, nameConstraint, pathConstraint, prefixConstraint, wholeSecond } from "./names.ts";
import { page } from "./paging.ts";
import type { UserRecord } from "./records.ts";
import { resourceTagConditions, toMap } from "./tags.ts";
import { userView } from "./views.ts";

const USERS_PER_ACCOUNT = 5000;
const onUser = onPrincipal("user");

/** The calling user's name; undefined for anybody who is not a user. */
export const callerUser = ({ caller }: Call) => (caller.kind === "user" || caller.kind === "federated" ? caller.userName : undefined);

export const users = {
  CreateUser: {
    ...onNew("user", (input: CreateUserRequest) => input.UserName),
    run({ UserName = "", Path: path = "/", PermissionsBoundary, Tags }, call, deps) {
      const { state } = deps;
      checkName("userName", UserName, path, 64);
      const tags = toMap(Tags);
      if (state.users.find(call.account, UserName)) throw alreadyExists(`User with name ${UserName} already exists.`);
      if (state.users.count(call.account) >= USERS_PER_ACCOUNT) throw quotaExceeded("UsersPerAccount", USERS_PER_ACCOUNT);
      checkBoundary(PermissionsBoundary, call.account, deps);
      const user = state.users.put({
        name: UserName,
        id: iamId("AIDA", deps.random),
        path,
        arn: entityArn(call, "user", UserName, path),
        accountId: call.account,
        createdAt: wholeSecond(call.now),
        tags,
        inline: {},
        attached: [],
        boundary: PermissionsBoundary,
        groups: [],
      });
      return { User: userView(user) };
    },
  },

  // Without a name: the caller.
  GetUser: {
    resource({ UserName }, call, deps) {
      const name = UserName ?? callerUser(call);
      if (name !== undefined) return principalArn("user", name, call, deps);
      return call.caller.kind === "root" ? call.caller.arn : entityArn(call, "user", "*");
    },
    conditions: ({ UserName }, call, { state }) =>
      resourceTagConditions(state.users.find(call.account, UserName ?? callerUser(call) ?? "")?.tags),
    run({ UserName }, call, { state }) {
      const name = UserName ?? callerUser(call);
      if (name !== undefined) return { User: userView(state.users.require(call.account, name)) };
      if (call.caller.kind !== "root") throw validationError("Must specify userName when calling with non-User credentials");
      const created = state.accounts.get(call.account)?.createdAt ?? 0;
      // Root answers with its ARN and account number and an empty path and name.
      return { User: { Path: "", UserName: "", UserId: call.account, Arn: call.caller.arn, CreateDate: new Date(created) } };
    },
  },

  ListUsers: {
    ...onListing("user"),
    run(input, { account }, { state }) {
      validate(prefixConstraint(input.PathPrefix));
      const found = state.users.list(account).filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"));
      const { items, ...rest } = page(found, ({ name }) => name.toLowerCase(), input);
      return { Users: items.map((user) => userView(user, true)), ...rest };
    },
  },

  UpdateUser: {
    resource: ({ UserName, NewUserName, NewPath }, call, deps) => [
      principalArn("user", UserName, call, deps),
      ...(NewUserName || NewPath ? [entityArn(call, "user", NewUserName ?? UserName ?? "", NewPath ?? "/")] : []),
    ],
    conditions: ({ UserName }, call, { state }) => resourceTagConditions(state.users.find(call.account, UserName ?? "")?.tags),
    run({ UserName = "", NewUserName, NewPath }, call, { state }) {
      validate(nameConstraint("newUserName", NewUserName, 64), pathConstraint(NewPath, "newPath"));
      const user = state.users.require(call.account, UserName);
      const taken = NewUserName === undefined ? undefined : state.users.find(call.account, NewUserName);
      if (taken && taken.id !== user.id) throw alreadyExists(`User with name ${NewUserName} already exists.`);
      const name = NewUserName ?? user.name;
      const path = NewPath ?? user.path;
      state.store.transact(() => {
        for (const key of state.keysOf(call.account, user.name)) state.accessKeys.put(key.accessKeyId, { ...key, userName: name });
        state.users.delete(call.account, user.name);
        state.users.put({ ...user, name, path, arn: entityArn(call, "user", name, path) });
      });
      return {};
    },
  },

  DeleteUser: {
    ...onUser,
    run({ UserName = "" }, { account }, { state }) {
      const user: UserRecord = state.users.require(account, UserName);
      if (state.keysOf(account, user.name).length > 0) throw deleteConflict("Cannot delete entity, must delete access keys first.");
      if (user.groups.length > 0) throw deleteConflict("Cannot delete entity, must remove users from group first.");
      if (user.attached.length > 0) throw deleteConflict("Cannot delete entity, must detach all policies first.");
      if (Object.keys(user.inline).length > 0) throw deleteConflict("Cannot delete entity, must delete policies first.");
      state.users.delete(account, user.name);
      return {};
    },
  },
} satisfies Operations<Sdk["iam"], IamDeps>;
