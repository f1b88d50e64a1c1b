// Versions of customer managed policies: at most five, one of them the default.
import type { PolicyVersion } from "@aws-sdk/client-iam";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { policySize } from "../../policy/parse.ts";
import { validate } from "../validation.ts";
import type { IamDeps } from "./deps.ts";
import { encodeDocument } from "./documents.ts";
import { deleteConflict, limitExceeded, noSuchEntity, quotaExceeded } from "./errors.ts";
import { wholeSecond } from "./names.ts";
import { page } from "./paging.ts";
import { onPolicy, requireCustomerPolicy, requirePolicy } from "./policy-access.ts";
import type { PolicyRecord, PolicyVersionRecord } from "./records.ts";

const VERSIONS = 5;
const SIZE = 6144;

/** A document fit to be a managed policy. Throws MalformedPolicyDocument or LimitExceeded. */
export function checkedManagedDocument(text: string | undefined, { policies }: IamDeps): string {
  const document = text ?? "";
  policies.parse(document, "managed");
  if (policySize(document) > SIZE) throw quotaExceeded("PolicySize", SIZE);
  return document;
}

function requireVersion(policy: Readonly<PolicyRecord>, id: string | undefined): PolicyVersionRecord {
  validate({ member: "versionId", value: id, pattern: "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?" });
  const version = policy.versions.find((candidate) => candidate.id === id);
  if (!version) throw noSuchEntity(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`);
  return version;
}

/** A version as the API answers it; the document only where AWS gives it. */
export function versionView(policy: PolicyRecord, version: PolicyVersionRecord, withDocument: boolean): PolicyVersion {
  return {
    ...(withDocument ? { Document: encodeDocument(version.document) } : {}),
    VersionId: version.id,
    IsDefaultVersion: version.id === policy.defaultVersion,
    CreateDate: new Date(version.createdAt),
  };
}

const numberOf = ({ id }: PolicyVersionRecord) => Number.parseInt(id.slice(1), 10);

export const policyVersions = {
  CreatePolicyVersion: {
    ...onPolicy,
    run(input, call, deps) {
      const policy = requireCustomerPolicy(input, call, deps);
      const document = checkedManagedDocument(input.PolicyDocument, deps);
      if (policy.versions.length >= VERSIONS) {
        throw limitExceeded(
          "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
        );
      }
      const createdAt = wholeSecond(call.now);
      const version = { id: `v${policy.nextVersion}`, document, createdAt };
      const updated = deps.state.policies.put({
        ...policy,
        versions: [...policy.versions, version],
        nextVersion: policy.nextVersion + 1,
        updatedAt: createdAt,
        defaultVersion: input.SetAsDefault ? version.id : policy.defaultVersion,
      });
      return { PolicyVersion: versionView(updated, version, false) };
    },
  },

  GetPolicyVersion: {
    ...onPolicy,
    run(input, call, deps) {
      const policy = requirePolicy(input, call, deps);
      return { PolicyVersion: versionView(policy, requireVersion(policy, input.VersionId), true) };
    },
  },

  ListPolicyVersions: {
    ...onPolicy,
    run(input, call, deps) {
      const policy = requirePolicy(input, call, deps);
      // Newest first, as IAM lists them.
      const { items, ...rest } = page(policy.versions, (version) => String(1e9 - numberOf(version)), input);
      return { Versions: items.map((version) => versionView(policy, version, false)), ...rest };
    },
  },

  SetDefaultPolicyVersion: {
    ...onPolicy,
    run(input, call, deps) {
      const policy = requireCustomerPolicy(input, call, deps);
      const version = requireVersion(policy, input.VersionId);
      deps.state.policies.put({ ...policy, defaultVersion: version.id, updatedAt: wholeSecond(call.now) });
      return {};
    },
  },

  DeletePolicyVersion: {
    ...onPolicy,
    run(input, call, deps) {
      const policy = requireCustomerPolicy(input, call, deps);
      const { id } = requireVersion(policy, input.VersionId);
      if (id === policy.defaultVersion) throw deleteConflict("Cannot delete the default version of a policy.");
      deps.state.policies.put({ ...policy, versions: policy.versions.filter((version) => version.id !== id) });
      return {};
    },
  },
} satisfies Operations<Sdk["iam"], IamDeps>;
