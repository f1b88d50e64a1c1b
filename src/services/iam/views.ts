// IAM records as the API answers them.
import type { AttachedPermissionsBoundary, Group, InstanceProfile, Policy, Role, Tag, User } from "@aws-sdk/client-iam";
import type { TagMap } from "../../aws/caller.ts";
import { encodeDocument } from "./documents.ts";
import type { GroupRecord, InstanceProfileRecord, NamedRecord, PolicyRecord, RoleRecord, UserRecord } from "./records.ts";
import type { IamState } from "./state.ts";
import { toList } from "./tags.ts";
import { currentTrust } from "./trust-principals.ts";

/** Tags, or nothing when there are none. */
export const tagsIfAny = (tags: TagMap): { Tags?: Tag[] } => (Object.keys(tags).length > 0 ? { Tags: toList(tags) } : {});

const boundaryIfAny = (boundary: string | undefined): { PermissionsBoundary?: AttachedPermissionsBoundary } =>
  boundary
    ? {
        PermissionsBoundary: {
          // IAM answers "Policy", whatever its model says.
          PermissionsBoundaryType: "Policy" as never,
          PermissionsBoundaryArn: boundary,
        },
      }
    : {};

const common = (record: NamedRecord) => ({ Path: record.path, Arn: record.arn, CreateDate: new Date(record.createdAt) });

/** A role as listings and instance profiles show it. */
export function roleSummary(role: RoleRecord, state: IamState) {
  return {
    ...common(role),
    RoleName: role.name,
    RoleId: role.id,
    AssumeRolePolicyDocument: encodeDocument(currentTrust(role, state)),
    ...(role.description === undefined ? {} : { Description: role.description }),
  };
}

/** A role as CreateRole answers it: neither MaxSessionDuration nor RoleLastUsed. */
export function createdRole(role: RoleRecord, state: IamState): Role {
  return { ...roleSummary(role, state), ...boundaryIfAny(role.boundary), ...tagsIfAny(role.tags) };
}

/** A role as ListRoles answers it: without tags, boundary and last use. */
export function listedRole(role: RoleRecord, state: IamState): Role {
  return { ...roleSummary(role, state), MaxSessionDuration: role.maxSessionSeconds };
}

/** Everything about a role, as GetRole answers it. */
export function fullRole(role: RoleRecord, state: IamState): Role {
  const used = state.lastUsed.get(role.id);
  return {
    ...createdRole(role, state),
    MaxSessionDuration: role.maxSessionSeconds,
    RoleLastUsed: used ? { LastUsedDate: new Date(used.at), Region: used.region } : {},
  };
}

/** A user; listings leave tags and boundary out. */
export function userView(user: UserRecord, listed = false): User {
  const view = { ...common(user), UserName: user.name, UserId: user.id };
  return listed ? view : { ...view, ...boundaryIfAny(user.boundary), ...tagsIfAny(user.tags) };
}

export function groupView(group: GroupRecord): Group {
  return { ...common(group), GroupName: group.name, GroupId: group.id };
}

/** An instance profile with its role. */
export function profileView(profile: InstanceProfileRecord, state: IamState, listed = false): InstanceProfile {
  const role = profile.roleName === undefined ? undefined : state.roles.find(profile.accountId, profile.roleName);
  return {
    ...common(profile),
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Roles: role ? [roleSummary(role, state)] : [],
    ...(listed ? {} : tagsIfAny(profile.tags)),
  };
}

/** A managed policy. The caller counts its attachments; listings leave description and tags out. */
export function policyView(policy: PolicyRecord, usage: { attachments: number; boundaries: number }, listed = false): Policy {
  return {
    ...common(policy),
    PolicyName: policy.name,
    PolicyId: policy.id,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: usage.attachments,
    PermissionsBoundaryUsageCount: usage.boundaries,
    IsAttachable: !policy.path.startsWith("/aws-service-role/"),
    UpdateDate: new Date(policy.updatedAt),
    ...(listed ? {} : { ...(policy.description === undefined ? {} : { Description: policy.description }), Tags: toList(policy.tags) }),
  };
}
