// Roles: their life and trust policies.
import type { CreateRoleRequest } from "@aws-sdk/client-iam";
import { iamId } from "../../aws/ids.ts";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import { onListing, onNew, onPrincipal } from "./access.ts";
import type { IamDeps } from "./deps.ts";
import { alreadyExists, deleteConflict, invalidInput, quotaExceeded } from "./errors.ts";
import { checkBoundary, checkedTrust, modifiable, refuseServiceLinked } from "./guards.ts";
import { checkName, entityArn, prefixConstraint, wholeSecond } from "./names.ts";
import { page } from "./paging.ts";
import type { RoleRecord } from "./records.ts";
import { toMap } from "./tags.ts";
import { createdRole, fullRole, listedRole } from "./views.ts";

const ROLES_PER_ACCOUNT = 1000;
const onRole = onPrincipal("role");

/** Sessions last one to twelve hours; description at most 1000 characters. */
function checkRole(duration: number | undefined, description: string | undefined): void {
  validate(
    { member: "maxSessionDuration", value: duration, min: 3600, max: 43200 },
    { member: "description", value: description, max: 1000, pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*" },
  );
}

export const roles = {
  CreateRole: {
    ...onNew("role", (input: CreateRoleRequest) => input.RoleName),
    run(input, call, deps) {
      const { RoleName = "", Path: path = "/", Description: description, MaxSessionDuration: maxSessionSeconds = 3600 } = input;
      const { state } = deps;
      checkName("roleName", RoleName, path, 64);
      checkRole(maxSessionSeconds, description);
      if (path.startsWith("/aws-service-role/")) throw invalidInput(`Path ${path} is reserved for service-linked roles.`);
      const tags = toMap(input.Tags);
      if (state.roles.find(call.account, RoleName)) throw alreadyExists(`Role with name ${RoleName} already exists.`);
      if (state.roles.count(call.account) >= ROLES_PER_ACCOUNT) throw quotaExceeded("RolesPerAccount", ROLES_PER_ACCOUNT);
      checkBoundary(input.PermissionsBoundary, call.account, deps);
      const role = state.roles.put({
        name: RoleName,
        id: iamId("AROA", deps.random),
        path,
        arn: entityArn(call, "role", RoleName, path),
        accountId: call.account,
        createdAt: wholeSecond(call.now),
        tags,
        inline: {},
        attached: [],
        boundary: input.PermissionsBoundary,
        ...checkedTrust(input.AssumeRolePolicyDocument ?? "", deps),
        description,
        maxSessionSeconds,
      });
      return { Role: createdRole(role, state) };
    },
  },

  GetRole: {
    ...onRole,
    run: ({ RoleName }, { account }, { state }) => ({ Role: fullRole(state.roles.require(account, RoleName ?? ""), state) }),
  },

  ListRoles: {
    ...onListing("role"),
    run(input, { account }, { state }) {
      validate(prefixConstraint(input.PathPrefix));
      const found = state.roles.list(account).filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"));
      const { items, ...rest } = page(found, ({ name }) => name.toLowerCase(), input);
      return { Roles: items.map((role) => listedRole(role, state)), ...rest };
    },
  },

  UpdateRole: {
    ...onRole,
    run({ RoleName = "", Description, MaxSessionDuration }, { account }, { state }) {
      checkRole(MaxSessionDuration, Description);
      // Of a service-linked role only the description may be edited (IAM User Guide, "Edit a service-linked role description").
      if (MaxSessionDuration !== undefined) refuseServiceLinked(state.roles.require(account, RoleName));
      state.roles.update(account, RoleName, (role) => ({
        ...role,
        description: Description ?? role.description,
        maxSessionSeconds: MaxSessionDuration ?? role.maxSessionSeconds,
      }));
      return {};
    },
  },

  UpdateRoleDescription: {
    ...onRole,
    run({ RoleName = "", Description }, { account }, { state }) {
      checkRole(undefined, Description);
      const role = state.roles.update(account, RoleName, (current) => ({ ...current, description: Description }));
      return { Role: createdRole(role, state) };
    },
  },

  UpdateAssumeRolePolicy: {
    ...onRole,
    run({ RoleName, PolicyDocument }, { account }, deps) {
      const role = modifiable("role", account, RoleName, deps) as RoleRecord;
      const trust = checkedTrust(PolicyDocument ?? "", deps);
      deps.state.roles.put({ ...role, ...trust });
      return {};
    },
  },

  DeleteRole: {
    ...onRole,
    run({ RoleName }, { account }, deps) {
      const role = modifiable("role", account, RoleName, deps) as RoleRecord;
      if (deps.state.profilesOf(role).length > 0) {
        throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
      }
      if (role.attached.length > 0) throw deleteConflict("Cannot delete entity, must detach all policies first.");
      if (Object.keys(role.inline).length > 0) throw deleteConflict("Cannot delete entity, must delete policies first.");
      deps.state.roles.delete(account, role.name);
      deps.state.lastUsed.delete(role.id);
      return {};
    },
  },
} satisfies Operations<Sdk["iam"], IamDeps>;
