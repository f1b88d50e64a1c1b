// Groups and who is in them.
import type { CreateGroupRequest } from "@aws-sdk/client-iam";
import { iamId } from "../../aws/ids.ts";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import { onListing, onNew, onPrincipal, principalArn } from "./access.ts";
import type { IamDeps } from "./deps.ts";
import { alreadyExists, deleteConflict, noSuchEntity, quotaExceeded } from "./errors.ts";
import { checkName, entityArn, nameConstraint, pathConstraint, prefixConstraint, wholeSecond } from "./names.ts";
import { page } from "./paging.ts";
import { groupView, userView } from "./views.ts";

const GROUPS_PER_ACCOUNT = 300;
const GROUPS_PER_USER = 10;
const onGroup = onPrincipal("group");

export const groups = {
  CreateGroup: {
    ...onNew("group", (input: CreateGroupRequest) => input.GroupName),
    run({ GroupName = "", Path: path = "/" }, call, { state, random }) {
      checkName("groupName", GroupName, path);
      if (state.groups.find(call.account, GroupName)) throw alreadyExists(`Group with name ${GroupName} already exists.`);
      if (state.groups.count(call.account) >= GROUPS_PER_ACCOUNT) throw quotaExceeded("GroupsPerAccount", GROUPS_PER_ACCOUNT);
      const group = state.groups.put({
        name: GroupName,
        id: iamId("AGPA", random),
        path,
        arn: entityArn(call, "group", GroupName, path),
        accountId: call.account,
        createdAt: wholeSecond(call.now),
        tags: {},
        inline: {},
        attached: [],
      });
      return { Group: groupView(group) };
    },
  },

  GetGroup: {
    ...onGroup,
    run(input, { account }, { state }) {
      const group = state.groups.require(account, input.GroupName ?? "");
      const { items, ...rest } = page(state.membersOf(group), ({ name }) => name.toLowerCase(), input);
      return { Group: groupView(group), Users: items.map((user) => userView(user, true)), ...rest };
    },
  },

  ListGroups: {
    ...onListing("group"),
    run(input, { account }, { state }) {
      validate(prefixConstraint(input.PathPrefix));
      const found = state.groups.list(account).filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"));
      const { items, ...rest } = page(found, ({ name }) => name.toLowerCase(), input);
      return { Groups: items.map(groupView), ...rest };
    },
  },

  ListGroupsForUser: {
    ...onPrincipal("user"),
    run(input, { account }, { state }) {
      const user = state.users.require(account, input.UserName ?? "");
      const { items, ...rest } = page(state.groupsOf(user), ({ name }) => name.toLowerCase(), input);
      return { Groups: items.map(groupView), ...rest };
    },
  },

  UpdateGroup: {
    resource: ({ GroupName, NewGroupName, NewPath }, call, deps) => [
      principalArn("group", GroupName, call, deps),
      ...(NewGroupName || NewPath ? [entityArn(call, "group", NewGroupName ?? GroupName ?? "", NewPath ?? "/")] : []),
    ],
    run({ GroupName = "", NewGroupName, NewPath }, call, { state }) {
      validate(nameConstraint("newGroupName", NewGroupName), pathConstraint(NewPath, "newPath"));
      const group = state.groups.require(call.account, GroupName);
      const taken = NewGroupName === undefined ? undefined : state.groups.find(call.account, NewGroupName);
      if (taken && taken.id !== group.id) throw alreadyExists(`Group with name ${NewGroupName} already exists.`);
      const name = NewGroupName ?? group.name;
      const path = NewPath ?? group.path;
      state.store.transact(() => {
        state.groups.delete(call.account, group.name);
        state.groups.put({ ...group, name, path, arn: entityArn(call, "group", name, path) });
      });
      return {};
    },
  },

  DeleteGroup: {
    ...onGroup,
    run({ GroupName = "" }, { account }, { state }) {
      const group = state.groups.require(account, GroupName);
      if (state.membersOf(group).length > 0) throw deleteConflict("Cannot delete entity, must remove users from group first.");
      if (group.attached.length > 0) throw deleteConflict("Cannot delete entity, must detach all policies first.");
      if (Object.keys(group.inline).length > 0) throw deleteConflict("Cannot delete entity, must delete policies first.");
      state.groups.delete(account, group.name);
      return {};
    },
  },

  AddUserToGroup: {
    ...onGroup,
    run({ GroupName = "", UserName = "" }, { account }, { state }) {
      const group = state.groups.require(account, GroupName);
      const user = state.users.require(account, UserName);
      if (user.groups.includes(group.id)) return {};
      if (user.groups.length >= GROUPS_PER_USER) throw quotaExceeded("GroupsPerUser", GROUPS_PER_USER);
      state.users.put({ ...user, groups: [...user.groups, group.id] });
      return {};
    },
  },

  RemoveUserFromGroup: {
    ...onGroup,
    run({ GroupName = "", UserName = "" }, { account }, { state }) {
      const group = state.groups.require(account, GroupName);
      const user = state.users.require(account, UserName);
      if (!user.groups.includes(group.id)) throw noSuchEntity(`User ${user.name} is not in group ${group.name}`);
      state.users.put({ ...user, groups: user.groups.filter((id) => id !== group.id) });
      return {};
    },
  },
} satisfies Operations<Sdk["iam"], IamDeps>;
