// All of IAM's tables over one store.
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import { Named } from "./named.ts";
import type {
  AccessKeyRecord,
  AccountRecord,
  DeletionTaskRecord,
  GroupRecord,
  InstanceProfileRecord,
  LastUsedRecord,
  OidcProviderRecord,
  PolicyRecord,
  PrincipalRecord,
  RoleRecord,
  UserRecord,
} from "./records.ts";

/** Kinds of entity that carry permissions. */
export type PrincipalKind = "user" | "group" | "role";

/** The tables, each under its own prefix of the store. */
export class IamState {
  readonly store: Store;
  readonly accounts: Collection<AccountRecord>;
  readonly accessKeys: Collection<AccessKeyRecord>;
  readonly users: Named<UserRecord>;
  readonly groups: Named<GroupRecord>;
  readonly roles: Named<RoleRecord>;
  readonly policies: Named<PolicyRecord>;
  readonly profiles: Named<InstanceProfileRecord>;
  readonly providers: Collection<OidcProviderRecord>;
  readonly lastUsed: Collection<LastUsedRecord>;
  readonly deletionTasks: Collection<DeletionTaskRecord>;

  constructor(store: Store) {
    this.store = store;
    this.accounts = new Collection(store, "iam/account");
    this.accessKeys = new Collection(store, "iam/access-key");
    this.users = new Named(store, "iam/user", (name) => `The user with name ${name} cannot be found.`);
    this.groups = new Named(store, "iam/group", (name) => `The group with name ${name} cannot be found.`);
    this.roles = new Named(store, "iam/role", (name) => `The role with name ${name} cannot be found.`);
    this.policies = new Named(store, "iam/policy", (name) => `Policy ${name} was not found.`);
    this.profiles = new Named(store, "iam/instance-profile", (name) => `Instance Profile ${name} cannot be found.`);
    this.providers = new Collection(store, "iam/oidc-provider");
    this.lastUsed = new Collection(store, "iam/last-used");
    this.deletionTasks = new Collection(store, "iam/deletion-task");
  }

  /** The table of one kind of principal, seen as what they have in common. */
  principals(kind: PrincipalKind): Named<PrincipalRecord> {
    const tables = { user: this.users, group: this.groups, role: this.roles };
    return tables[kind] as Named<PrincipalRecord>;
  }

  /** Access keys of a user, or of root without a name, oldest first. */
  keysOf(account: string, userName: string | undefined): Readonly<AccessKeyRecord>[] {
    return this.accessKeys
      .list()
      .filter((key) => key.accountId === account && key.userName?.toLowerCase() === userName?.toLowerCase())
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  /** Groups of a user, in the order of joining. */
  groupsOf(user: UserRecord): Readonly<GroupRecord>[] {
    const groups = this.groups.list(user.accountId);
    return user.groups.flatMap((id) => groups.find((group) => group.id === id) ?? []);
  }

  membersOf(group: GroupRecord): Readonly<UserRecord>[] {
    return this.users.list(group.accountId).filter((user) => user.groups.includes(group.id));
  }

  profilesOf(role: RoleRecord): Readonly<InstanceProfileRecord>[] {
    return this.profiles.list(role.accountId).filter((profile) => profile.roleId === role.id);
  }
}
