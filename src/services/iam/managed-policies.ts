// Managed policies and the entities they are attached to.
import type { CreatePolicyRequest } from "@aws-sdk/client-iam";
import { iamId } from "../../aws/ids.ts";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import { onNew } from "./access.ts";
import type { IamDeps } from "./deps.ts";
import { alreadyExists, deleteConflict, quotaExceeded } from "./errors.ts";
import { checkName, entityArn, prefixConstraint, wholeSecond } from "./names.ts";
import { page } from "./paging.ts";
import { onPolicy, requireCustomerPolicy, requirePolicy } from "./policy-access.ts";
import { checkedManagedDocument } from "./policy-versions.ts";
import { toMap } from "./tags.ts";
import { policyView } from "./views.ts";

const POLICIES_PER_ACCOUNT = 1500;
const USAGES = ["PermissionsPolicy", "PermissionsBoundary"];

export const managedPolicies = {
  CreatePolicy: {
    ...onNew("policy", (input: CreatePolicyRequest) => input.PolicyName),
    run({ PolicyName = "", Path: path = "/", PolicyDocument, Description: description, Tags }, call, deps) {
      const { state, random } = deps;
      checkName("policyName", PolicyName, path);
      validate({ member: "description", value: description, max: 1000 });
      const tags = toMap(Tags);
      const document = checkedManagedDocument(PolicyDocument, deps);
      if (state.policies.find(call.account, PolicyName)) {
        throw alreadyExists(`A policy called ${PolicyName} already exists. Duplicate names are not allowed.`);
      }
      if (state.policies.count(call.account) >= POLICIES_PER_ACCOUNT) throw quotaExceeded("PoliciesPerAccount", POLICIES_PER_ACCOUNT);
      const createdAt = wholeSecond(call.now);
      const policy = state.policies.put({
        name: PolicyName,
        id: iamId("ANPA", random),
        path,
        arn: entityArn(call, "policy", PolicyName, path),
        accountId: call.account,
        createdAt,
        updatedAt: createdAt,
        tags,
        description,
        versions: [{ id: "v1", document, createdAt }],
        defaultVersion: "v1",
        nextVersion: 2,
      });
      return { Policy: policyView(policy, { attachments: 0, boundaries: 0 }) };
    },
  },

  GetPolicy: {
    ...onPolicy,
    run(input, call, deps) {
      const policy = requirePolicy(input, call, deps);
      return { Policy: policyView(policy, deps.policies.counts(call.account)(policy.arn)) };
    },
  },

  ListPolicies: {
    resource: ({ PathPrefix }) => `policy path ${PathPrefix ?? "/"}`,
    run(input, { account, partition }, { state, policies }) {
      const { Scope = "All", OnlyAttached, PathPrefix = "/", PolicyUsageFilter } = input;
      validate(
        prefixConstraint(PathPrefix),
        { member: "scope", value: Scope, oneOf: ["All", "AWS", "Local"] },
        { member: "policyUsageFilter", value: PolicyUsageFilter, oneOf: USAGES },
      );
      const counts = policies.counts(account);
      const listed = [
        ...(Scope === "AWS" ? [] : state.policies.list(account)),
        ...(Scope === "Local" ? [] : policies.awsManaged(partition)),
      ]
        .map((policy) => ({ policy, used: counts(policy.arn) }))
        .filter(({ policy }) => policy.path.startsWith(PathPrefix))
        .filter(({ used }) => !OnlyAttached || used.attachments > 0)
        .filter(
          ({ used }) =>
            PolicyUsageFilter === undefined || (PolicyUsageFilter === "PermissionsPolicy" ? used.attachments : used.boundaries) > 0,
        );
      const { items, ...rest } = page(listed, ({ policy }) => policy.arn, input);
      return { Policies: items.map(({ policy, used }) => policyView(policy, used, true)), ...rest };
    },
  },

  ListEntitiesForPolicy: {
    ...onPolicy,
    run(input, call, deps) {
      const { EntityFilter, PathPrefix = "/", PolicyUsageFilter } = input;
      validate(
        prefixConstraint(PathPrefix),
        { member: "entityFilter", value: EntityFilter, oneOf: ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"] },
        { member: "policyUsageFilter", value: PolicyUsageFilter, oneOf: USAGES },
      );
      const { arn } = requirePolicy(input, call, deps);
      const found = deps.policies
        .usersOf(arn, call.account)
        .filter((use) => use.path.startsWith(PathPrefix))
        .filter((use) => EntityFilter === undefined || use.kind === EntityFilter.toLowerCase())
        .filter((use) => PolicyUsageFilter === undefined || (PolicyUsageFilter === "PermissionsBoundary") === (use.as === "boundary"));
      const unique = [...new Map(found.map((use) => [use.id, use])).values()];
      const { items, ...rest } = page(unique, ({ kind, name }) => `${kind} ${name.toLowerCase()}`, input);
      const of = (kind: string) => items.filter((use) => use.kind === kind);
      return {
        PolicyGroups: of("group").map(({ name, id }) => ({ GroupName: name, GroupId: id })),
        PolicyUsers: of("user").map(({ name, id }) => ({ UserName: name, UserId: id })),
        PolicyRoles: of("role").map(({ name, id }) => ({ RoleName: name, RoleId: id })),
        ...rest,
      };
    },
  },

  DeletePolicy: {
    ...onPolicy,
    run(input, call, deps) {
      const policy = requireCustomerPolicy(input, call, deps);
      if (deps.policies.usersOf(policy.arn, call.account).length > 0) throw deleteConflict("Cannot delete a policy attached to entities.");
      if (policy.versions.length > 1) {
        throw deleteConflict(
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        );
      }
      deps.state.policies.delete(call.account, policy.name);
      return {};
    },
  },
} satisfies Operations<Sdk["iam"], IamDeps>;
