// GetAccountAuthorizationDetails: everything about permissions in an account, in one listing.
import type { AttachedPolicy, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail, UserDetail } from "@aws-sdk/client-iam";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import type { IamDeps } from "./deps.ts";
import { encodeDocument } from "./documents.ts";
import { page } from "./paging.ts";
import { versionView } from "./policy-versions.ts";
import type { GroupRecord, PolicyRecord, PrincipalRecord, RoleRecord, UserRecord } from "./records.ts";
import { fullRole, groupView, policyView, profileView, userView } from "./views.ts";

type Entry =
  | { readonly kind: "User"; readonly record: UserRecord }
  | { readonly kind: "Group"; readonly record: GroupRecord }
  | { readonly kind: "Role"; readonly record: RoleRecord }
  | { readonly kind: "LocalManagedPolicy" | "AWSManagedPolicy"; readonly record: PolicyRecord };

const KINDS = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];

const inlineList = (record: PrincipalRecord): PolicyDetail[] =>
  Object.entries(record.inline).map(([PolicyName, text]) => ({ PolicyName, PolicyDocument: encodeDocument(text) }));

const attachedList = (record: PrincipalRecord, { policies }: IamDeps): AttachedPolicy[] =>
  record.attached.flatMap((arn) => policies.find(arn) ?? []).map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn }));

function userDetail(user: UserRecord, deps: IamDeps): UserDetail {
  const { PasswordLastUsed: _, ...view } = userView(user);
  const GroupList = deps.state.groupsOf(user).map(({ name }) => name);
  return { ...view, UserPolicyList: inlineList(user), GroupList, AttachedManagedPolicies: attachedList(user, deps) };
}

function groupDetail(group: GroupRecord, deps: IamDeps): GroupDetail {
  return { ...groupView(group), GroupPolicyList: inlineList(group), AttachedManagedPolicies: attachedList(group, deps) };
}

function roleDetail(role: RoleRecord, deps: IamDeps): RoleDetail {
  const { Description: _description, MaxSessionDuration: _duration, ...view } = fullRole(role, deps.state);
  const InstanceProfileList = deps.state.profilesOf(role).map((profile) => profileView(profile, deps.state, true));
  return { ...view, InstanceProfileList, RolePolicyList: inlineList(role), AttachedManagedPolicies: attachedList(role, deps) };
}

function policyDetail(policy: PolicyRecord, used: { attachments: number; boundaries: number }): ManagedPolicyDetail {
  const { Tags: _, ...view } = policyView(policy, used);
  return { ...view, PolicyVersionList: policy.versions.map((version) => versionView(policy, version, true)) };
}

export const authorizationDetails = {
  GetAccountAuthorizationDetails: {
    run(input, { account, partition }, deps) {
      const { state, policies } = deps;
      validate(...(input.Filter ?? []).map((value) => ({ member: "filter", value, oneOf: KINDS })));
      const counts = policies.counts(account);
      // Of AWS's policies only those in use are listed.
      const aws = policies.awsManaged(partition).filter(({ arn }) => counts(arn).attachments + counts(arn).boundaries > 0);
      const entries: Entry[] = [
        ...state.users.list(account).map((record) => ({ kind: "User" as const, record })),
        ...state.groups.list(account).map((record) => ({ kind: "Group" as const, record })),
        ...state.roles.list(account).map((record) => ({ kind: "Role" as const, record })),
        ...state.policies.list(account).map((record) => ({ kind: "LocalManagedPolicy" as const, record })),
        ...aws.map((record) => ({ kind: "AWSManagedPolicy" as const, record })),
      ].filter(({ kind }) => !input.Filter?.length || input.Filter.includes(kind));
      const { items, ...rest } = page(entries, ({ kind, record }) => `${kind} ${record.arn}`, input);
      return {
        UserDetailList: items.flatMap((entry) => (entry.kind === "User" ? [userDetail(entry.record, deps)] : [])),
        GroupDetailList: items.flatMap((entry) => (entry.kind === "Group" ? [groupDetail(entry.record, deps)] : [])),
        RoleDetailList: items.flatMap((entry) => (entry.kind === "Role" ? [roleDetail(entry.record, deps)] : [])),
        Policies: items.flatMap((entry) => ("versions" in entry.record ? [policyDetail(entry.record, counts(entry.record.arn))] : [])),
        ...rest,
      };
    },
  },
} satisfies Operations<Sdk["iam"], IamDeps>;
