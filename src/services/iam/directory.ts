// What IAM knows, for the authorizer, STS and EKS.
import type { Caller, RoleSessionCaller } from "../../aws/caller.ts";
import type { PrincipalPolicies } from "../../policy/types.ts";
import type { IamDirectory, RoleFacts } from "../ports.ts";
import type { IamDeps } from "./deps.ts";
import { providerKey } from "./oidc-providers.ts";
import { attachedPolicies } from "./principal-policies.ts";
import type { PrincipalRecord, RoleRecord, UserRecord } from "./records.ts";
import { createLinkedRole, linkedService } from "./service-linked.ts";
import { currentTrust } from "./trust-principals.ts";

const NONE: PrincipalPolicies = { identity: [] };

/** Answers from IAM's tables, always as they are now. */
export function createDirectory(deps: IamDeps & { readonly partition: string }): IamDirectory {
  const { state, policies } = deps;

  const facts = (role: Readonly<RoleRecord> | undefined): RoleFacts | undefined =>
    role && {
      arn: role.arn,
      name: role.name,
      id: role.id,
      path: role.path,
      accountId: role.accountId,
      trust: policies.parse(currentTrust(role, state), "trust"),
      tags: role.tags,
      maxSessionDurationSeconds: role.maxSessionSeconds,
      serviceLinked: role.linkedService !== undefined,
    };

  const attached = (record: PrincipalRecord) => attachedPolicies(record, deps);

  // A boundary that cannot be found allows nothing rather than everything.
  const boundary = (arn: string | undefined): Pick<PrincipalPolicies, "boundary"> =>
    arn ? { boundary: policies.attached(arn) ?? { name: arn, arn, document: { version: "2012-10-17", statements: [] } } } : {};

  const sessionPolicies = (caller: Caller): Pick<PrincipalPolicies, "session"> => {
    const session = "session" in caller ? caller.session : undefined;
    if (!session || session.policies.length + session.policyArns.length === 0) return {};
    const inline = session.policies.map((text) => ({ name: "session policy", document: policies.parse(text, "session") }));
    // A managed policy that was deleted since leaves the session with what the others allow, at worst with nothing.
    const managed = session.policyArns.map(
      (arn) => policies.attached(arn) ?? { name: arn, arn, document: { version: "2012-10-17" as const, statements: [] } },
    );
    return { session: [...inline, ...managed] };
  };

  const userPolicies = (user: Readonly<UserRecord>): PrincipalPolicies => ({
    identity: [...attached(user), ...state.groupsOf(user).flatMap(attached)],
    ...boundary(user.boundary),
  });

  const rolePolicies = (caller: RoleSessionCaller): PrincipalPolicies => {
    const role = state.roles.byArn(caller.roleArn);
    // A role made again under the same name is another role: sessions of the old one have lost everything.
    if (!role || caller.userId.split(":")[0] !== role.id) return NONE;
    return { identity: attached(role), ...boundary(role.boundary), ...sessionPolicies(caller) };
  };

  return {
    role: (arn) => facts(state.roles.byArn(arn)),
    roleByName: (account, name) => facts(state.roles.find(account, name)),
    user(account, name) {
      const user = state.users.find(account, name);
      return user && { arn: user.arn, id: user.id, tags: user.tags };
    },
    policies(caller) {
      if (caller.kind === "role-session") return rolePolicies(caller);
      if (caller.kind === "user") {
        const user = state.users.find(caller.accountId, caller.userName);
        return user && user.id === caller.userId ? { ...userPolicies(user), ...sessionPolicies(caller) } : NONE;
      }
      if (caller.kind === "federated") {
        const user = state.users.find(caller.accountId, caller.userName);
        const session = sessionPolicies(caller);
        // Without session policies a federated user has no permissions (STS API Reference, GetFederationToken).
        return user && session.session ? { ...userPolicies(user), ...session } : NONE;
      }
      return NONE;
    },
    managedPolicy: (arn) => policies.attached(arn),
    oidcProvider(account, issuerUrl) {
      // One slash at the end more or less is forgiven (spec identity §2.4).
      const url = issuerUrl.replace(/^https:\/\//, "");
      const other = url.endsWith("/") ? url.slice(0, -1) : `${url}/`;
      const provider = state.providers.get(providerKey(account, url)) ?? state.providers.get(providerKey(account, other));
      return provider && { arn: provider.arn, url: provider.url, clientIds: provider.clientIds };
    },
    instanceProfileRole(arn) {
      const profile = state.profiles.byArn(arn);
      const role = profile?.roleName === undefined ? undefined : state.roles.find(profile.accountId, profile.roleName);
      return role && role.id === profile?.roleId ? facts(role) : undefined;
    },
    ensureServiceLinkedRole(account, servicePrincipal) {
      const linked = linkedService(servicePrincipal);
      if (!linked) throw new Error(`no service-linked role is known for ${servicePrincipal}`);
      const existing = state.roles.find(account, linked.roleName);
      const where = { account, partition: deps.partition, now: deps.clock.now() };
      return facts(existing ?? createLinkedRole(where, servicePrincipal, linked, deps, linked.description))!;
    },
    hasAccount: (account) => state.accounts.has(account),
  };
}
