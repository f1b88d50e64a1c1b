// Instance profiles: how an EC2 instance gets a role.
import type { CreateInstanceProfileRequest } from "@aws-sdk/client-iam";
import { iamId } from "../../aws/ids.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import { onListing, onNew, onPrincipal } from "./access.ts";
import type { IamDeps } from "./deps.ts";
import { alreadyExists, deleteConflict, noSuchEntity, quotaExceeded } from "./errors.ts";
import { refuseServiceLinked } from "./guards.ts";
import { checkName, entityArn, prefixConstraint, wholeSecond } from "./names.ts";
import { page } from "./paging.ts";
import { resourceTagConditions, toMap } from "./tags.ts";
import { profileView } from "./views.ts";

const PROFILES_PER_ACCOUNT = 1000;

interface NameInput {
  readonly InstanceProfileName?: string | undefined;
}

/** Authorization on an instance profile, existing or not. */
export const onProfile = {
  resource: ({ InstanceProfileName }: NameInput, call: Call, { state }: IamDeps) =>
    state.profiles.find(call.account, InstanceProfileName ?? "")?.arn ?? entityArn(call, "instance-profile", InstanceProfileName ?? ""),
  conditions: ({ InstanceProfileName }: NameInput, { account }: Call, { state }: IamDeps) =>
    resourceTagConditions(state.profiles.find(account, InstanceProfileName ?? "")?.tags),
};

export const instanceProfiles = {
  CreateInstanceProfile: {
    ...onNew("instance-profile", (input: CreateInstanceProfileRequest) => input.InstanceProfileName),
    run({ InstanceProfileName: name = "", Path: path = "/", Tags }, call, { state, random }) {
      checkName("instanceProfileName", name, path);
      const tags = toMap(Tags);
      if (state.profiles.find(call.account, name)) throw alreadyExists(`Instance Profile ${name} already exists.`);
      if (state.profiles.count(call.account) >= PROFILES_PER_ACCOUNT)
        throw quotaExceeded("InstanceProfilesPerAccount", PROFILES_PER_ACCOUNT);
      const profile = state.profiles.put({
        name,
        id: iamId("AIPA", random),
        path,
        arn: entityArn(call, "instance-profile", name, path),
        accountId: call.account,
        createdAt: wholeSecond(call.now),
        tags,
      });
      return { InstanceProfile: profileView(profile, state) };
    },
  },

  GetInstanceProfile: {
    ...onProfile,
    run: ({ InstanceProfileName = "" }, { account }, { state }) => ({
      InstanceProfile: profileView(state.profiles.require(account, InstanceProfileName), state),
    }),
  },

  ListInstanceProfiles: {
    ...onListing("instance-profile"),
    run(input, { account }, { state }) {
      validate(prefixConstraint(input.PathPrefix));
      const found = state.profiles.list(account).filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"));
      const { items, ...rest } = page(found, ({ name }) => name.toLowerCase(), input);
      return { InstanceProfiles: items.map((profile) => profileView(profile, state, true)), ...rest };
    },
  },

  ListInstanceProfilesForRole: {
    ...onPrincipal("role"),
    run(input, { account }, { state }) {
      const role = state.roles.require(account, input.RoleName ?? "");
      const { items, ...rest } = page(state.profilesOf(role), ({ name }) => name.toLowerCase(), input);
      return { InstanceProfiles: items.map((profile) => profileView(profile, state, true)), ...rest };
    },
  },

  AddRoleToInstanceProfile: {
    ...onProfile,
    // Putting a role where instances get at it is passing it to them (Service Authorization Reference, AWS IAM: dependent action iam:PassRole).
    requires({ RoleName = "" }, call, { state }) {
      const resource = state.roles.find(call.account, RoleName)?.arn ?? entityArn(call, "role", RoleName);
      return [{ action: "iam:PassRole", resources: [resource], conditions: { "iam:PassedToService": "ec2.amazonaws.com" } }];
    },
    run({ InstanceProfileName = "", RoleName = "" }, { account }, { state }) {
      const profile = state.profiles.require(account, InstanceProfileName);
      const role = state.roles.require(account, RoleName);
      refuseServiceLinked(role);
      if (profile.roleId !== undefined) throw quotaExceeded("InstanceSessionsPerInstanceProfile", 1);
      state.profiles.put({ ...profile, roleId: role.id, roleName: role.name });
      return {};
    },
  },

  RemoveRoleFromInstanceProfile: {
    ...onProfile,
    run({ InstanceProfileName = "", RoleName = "" }, { account }, { state }) {
      const { roleId, roleName: _, ...profile } = state.profiles.require(account, InstanceProfileName);
      if (roleId !== state.roles.require(account, RoleName).id) {
        throw noSuchEntity(`Role ${RoleName} cannot be found in Instance Profile ${profile.name}.`);
      }
      state.profiles.put(profile);
      return {};
    },
  },

  DeleteInstanceProfile: {
    ...onProfile,
    run({ InstanceProfileName = "" }, { account }, { state }) {
      const profile = state.profiles.require(account, InstanceProfileName);
      if (profile.roleId !== undefined) throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
      state.profiles.delete(account, profile.name);
      return {};
    },
  },
} satisfies Operations<Sdk["iam"], IamDeps>;
