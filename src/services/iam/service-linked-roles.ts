// Operations on service-linked roles.

import type { CreateServiceLinkedRoleRequest } from "@aws-sdk/client-iam";
import { uuid } from "../../aws/ids.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import { principalArn } from "./access.ts";
import type { IamDeps } from "./deps.ts";
import { invalidInput, noSuchEntity } from "./errors.ts";
import { entityArn } from "./names.ts";
import { createLinkedRole, linkedPath, linkedService } from "./service-linked.ts";
import { createdRole } from "./views.ts";

const roleNameOf = ({ AWSServiceName = "" }: CreateServiceLinkedRoleRequest) => linkedService(AWSServiceName)?.roleName ?? "*";

export const serviceLinkedRoles = {
  CreateServiceLinkedRole: {
    resource: (input, call) => entityArn(call, "role", roleNameOf(input), linkedPath(input.AWSServiceName ?? "*")),
    conditions: ({ AWSServiceName }) => ({ "iam:AWSServiceName": AWSServiceName }),
    run({ AWSServiceName = "", Description, CustomSuffix }, call, deps) {
      validate(
        { member: "aWSServiceName", value: AWSServiceName, min: 1, max: 128, pattern: "[\\w+=,.@-]+" },
        { member: "description", value: Description, max: 1000 },
        { member: "customSuffix", value: CustomSuffix, min: 1, max: 64, pattern: "[\\w+=,.@-]+" },
      );
      const linked = linkedService(AWSServiceName);
      if (!linked) throw invalidInput(`Service-linked roles of ${AWSServiceName} are not supported.`);
      if (CustomSuffix !== undefined) throw invalidInput(`Custom suffix is not allowed for ${AWSServiceName}`);
      if (deps.state.roles.find(call.account, linked.roleName)) {
        throw invalidInput(`Service role name ${linked.roleName} has been taken in this account, please try a different suffix.`);
      }
      return { Role: createdRole(createLinkedRole(call, AWSServiceName, linked, deps, Description), deps.state) };
    },
  },

  // The answer names a task; whether the role is still needed shows when the task is asked after.
  DeleteServiceLinkedRole: {
    resource: ({ RoleName }, call, deps) => principalArn("role", RoleName, call, deps),
    run({ RoleName = "" }, { account }, { state, random, serviceRoleUsage }) {
      const role = state.roles.require(account, RoleName);
      if (role.linkedService === undefined) throw noSuchEntity(`The service-linked role with name ${RoleName} cannot be found.`);
      const usage = serviceRoleUsage(account, role.linkedService);
      const taskId = `task${role.path}${role.name}/${uuid(random)}`;
      state.store.transact(() => {
        if (usage.length > 0) {
          const reason = "The service-linked role is in use by resources of its service. Delete them first.";
          state.deletionTasks.put(taskKey(account, taskId), { taskId, roleName: role.name, status: "FAILED", reason, usage });
        } else {
          state.roles.delete(account, role.name);
          state.lastUsed.delete(role.id);
          state.deletionTasks.put(taskKey(account, taskId), { taskId, roleName: role.name, status: "SUCCEEDED" });
        }
      });
      return { DeletionTaskId: taskId };
    },
  },

  GetServiceLinkedRoleDeletionStatus: {
    resource: ({ DeletionTaskId = "" }, call: Call) =>
      entityArn(call, "role", DeletionTaskId.replace(/^task\//, "").replace(/\/[^/]*$/, "")),
    run({ DeletionTaskId = "" }, { account }, { state }) {
      validate({ member: "deletionTaskId", value: DeletionTaskId, min: 1, max: 1000 });
      const task = state.deletionTasks.get(taskKey(account, DeletionTaskId));
      if (!task) throw noSuchEntity(`The deletion task ${DeletionTaskId} cannot be found.`);
      if (task.status === "SUCCEEDED") return { Status: task.status };
      const RoleUsageList = (task.usage ?? []).map(({ region, resources }) => ({ Region: region, Resources: [...resources] }));
      return { Status: task.status, Reason: { Reason: task.reason, RoleUsageList } };
    },
  },
} satisfies Operations<Sdk["iam"], IamDeps>;

const taskKey = (account: string, taskId: string) => `${account}/${taskId}`;
