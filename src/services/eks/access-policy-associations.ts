// Access policies associated with access entries (spec identity §5.6).
import type { AssociatedAccessPolicy } from "@aws-sdk/client-eks";
import type { Conditions, Operations, Sdk } from "../../aws/operation.ts";
import { entryConditions, entryResource, requireEntry, requireEntryMode, standardOnly } from "./access-entries.ts";
import { findAccessPolicy } from "./access-policies.ts";
import { accessType } from "./access-types.ts";
import { childKey } from "./arn.ts";
import type { EksDeps } from "./deps.ts";
import { invalidParameter, notFound } from "./errors.ts";
import { page } from "./page.ts";
import type { AccessEntryRecord, AssociatedPolicyRecord } from "./records.ts";

const policyView = (policy: AssociatedPolicyRecord): AssociatedAccessPolicy => ({
  policyArn: policy.policyArn,
  accessScope: { type: policy.scope, namespaces: [...policy.namespaces] },
  associatedAt: new Date(policy.associatedAt),
  modifiedAt: new Date(policy.modifiedAt),
});

export const accessPolicyAssociations = {
  AssociateAccessPolicy: {
    resource: entryResource,
    conditions: (input, call, deps): Conditions => ({
      ...entryConditions(input, call, deps),
      "eks:policyArn": input.policyArn,
      "eks:accessScope": input.accessScope?.type,
      "eks:namespaces": input.accessScope?.namespaces,
    }),
    run(input, call, { state, clock }) {
      const cluster = requireEntryMode(state, call, input.clusterName, true);
      const subject = { clusterName: cluster.name };
      const entry = requireEntry(state, call, cluster.name, input.principalArn);
      const policy = findAccessPolicy(call.partition, input.policyArn ?? "");
      if (!policy)
        throw invalidParameter(`The policyArn parameter format is not valid: ${input.policyArn} is not an access policy`, subject);
      const allowed = accessType(entry.type, cluster.name).policies;
      if (allowed !== "any" && allowed !== policy.name) throw standardOnly(cluster.name);
      if (policy.serviceOnly) {
        throw invalidParameter(`The access policy ${policy.name} can only be associated with an AWS service-linked role.`, subject);
      }
      const { type: scope, namespaces = [] } = input.accessScope ?? {};
      if (scope !== "cluster" && scope !== "namespace")
        throw invalidParameter("The accessScope type must be cluster or namespace", subject);
      if (scope === "namespace" && namespaces.length === 0) {
        throw invalidParameter("The namespaces parameter is required when the accessScope type is namespace", subject);
      }
      if (scope === "cluster" && namespaces.length > 0) {
        throw invalidParameter("The namespaces parameter is not allowed when the accessScope type is cluster", subject);
      }
      const now = clock.now();
      const before = entry.policies.find((other) => other.policyArn === input.policyArn);
      const associated: AssociatedPolicyRecord = {
        policyArn: input.policyArn!,
        scope,
        namespaces,
        associatedAt: before?.associatedAt ?? now,
        modifiedAt: now,
      };
      const others = entry.policies.filter((other) => other !== before);
      put({ ...entry, policies: [...others, associated].sort((a, b) => (a.policyArn < b.policyArn ? -1 : 1)) });
      return { clusterName: cluster.name, principalArn: entry.principalArn, associatedAccessPolicy: policyView(associated) };

      function put(changed: AccessEntryRecord) {
        state.accessEntries.put(childKey(call, cluster.name, entry.principalArn), changed);
      }
    },
  },

  DisassociateAccessPolicy: {
    resource: entryResource,
    conditions: (input, call, deps): Conditions => ({ ...entryConditions(input, call, deps), "eks:policyArn": input.policyArn }),
    run(input, call, { state }) {
      const cluster = requireEntryMode(state, call, input.clusterName, true);
      const entry = requireEntry(state, call, cluster.name, input.principalArn);
      const policies = entry.policies.filter((policy) => policy.policyArn !== input.policyArn);
      if (policies.length === entry.policies.length) {
        throw notFound("The specified policyArn is not associated with the access entry.", { clusterName: cluster.name });
      }
      state.accessEntries.put(childKey(call, cluster.name, entry.principalArn), { ...entry, policies });
      return {};
    },
  },

  ListAssociatedAccessPolicies: {
    resource: entryResource,
    conditions: entryConditions,
    run(input, call, { state }) {
      const cluster = requireEntryMode(state, call, input.clusterName, false);
      const entry = requireEntry(state, call, cluster.name, input.principalArn);
      const binding = ["ListAssociatedAccessPolicies", entry.arn];
      const { page: found, nextToken } = page(entry.policies, input, binding, (policy) => policy.policyArn);
      return { clusterName: cluster.name, principalArn: entry.principalArn, associatedAccessPolicies: found.map(policyView), nextToken };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
