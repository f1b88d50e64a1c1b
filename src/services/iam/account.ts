// Facts about the account as a whole: its alias and how much of what it has.
import type { SummaryKeyType } from "@aws-sdk/client-iam";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import type { IamDeps } from "./deps.ts";
import { alreadyExists, noSuchEntity } from "./errors.ts";
import { page } from "./paging.ts";
import type { AccountRecord } from "./records.ts";

function requireAccount(account: string, { state }: IamDeps): Readonly<AccountRecord> {
  const record = state.accounts.get(account);
  if (!record) throw noSuchEntity(`The account ${account} cannot be found.`);
  return record;
}

export const account = {
  CreateAccountAlias: {
    run({ AccountAlias: alias = "" }, call, deps) {
      validate({ member: "accountAlias", value: alias, min: 3, max: 63, pattern: "[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]" });
      const record = requireAccount(call.account, deps);
      // Aliases are unique over all accounts.
      const taken = deps.state.accounts.list().some((other) => other.alias === alias && other.accountId !== call.account);
      if (taken) throw alreadyExists(`The account alias ${alias} already exists.`);
      deps.state.accounts.put(call.account, { ...record, alias });
      return {};
    },
  },

  ListAccountAliases: {
    run(input, call, deps) {
      const { alias } = requireAccount(call.account, deps);
      const { items, ...rest } = page(alias === undefined ? [] : [alias], (name) => name, input);
      return { AccountAliases: items, ...rest };
    },
  },

  DeleteAccountAlias: {
    run({ AccountAlias }, call, deps) {
      const { alias, ...record } = requireAccount(call.account, deps);
      if (alias === undefined || alias !== AccountAlias) throw noSuchEntity(`The account alias ${AccountAlias} cannot be found.`);
      deps.state.accounts.put(call.account, record);
      return {};
    },
  },

  // Quotas are those the operations enforce; MFA, passwords and certificates do not exist here, so there are none.
  GetAccountSummary: {
    run(_, { account }, { state }) {
      const policies = state.policies.list(account);
      const summary: Partial<Record<SummaryKeyType, number>> = {
        Users: state.users.count(account),
        UsersQuota: 5000,
        Groups: state.groups.count(account),
        GroupsQuota: 300,
        Roles: state.roles.count(account),
        RolesQuota: 1000,
        InstanceProfiles: state.profiles.count(account),
        InstanceProfilesQuota: 1000,
        Policies: policies.length,
        PoliciesQuota: 1500,
        PolicyVersionsInUse: policies.reduce((sum, { versions }) => sum + versions.length, 0),
        PolicyVersionsInUseQuota: 10000,
        Providers: state.providers.count(`${account}/`),
        AccountAccessKeysPresent: state.keysOf(account, undefined).length > 0 ? 1 : 0,
        AccountMFAEnabled: 0,
        AccountPasswordPresent: 0,
        AccountSigningCertificatesPresent: 0,
        MFADevices: 0,
        MFADevicesInUse: 0,
        ServerCertificates: 0,
        ServerCertificatesQuota: 20,
        AccessKeysPerUserQuota: 2,
        GroupsPerUserQuota: 10,
        AttachedPoliciesPerUserQuota: 10,
        AttachedPoliciesPerGroupQuota: 10,
        AttachedPoliciesPerRoleQuota: 10,
        VersionsPerPolicyQuota: 5,
        PolicySizeQuota: 6144,
        UserPolicySizeQuota: 2048,
        GroupPolicySizeQuota: 5120,
        RolePolicySizeQuota: 10240,
        AssumeRolePolicySizeQuota: 2048,
        SigningCertificatesPerUserQuota: 2,
        GlobalEndpointTokenVersion: 1,
      };
      return { SummaryMap: summary as Record<string, number> };
    },
  },
} satisfies Operations<Sdk["iam"], IamDeps>;
