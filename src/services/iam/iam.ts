// AWS Identity and Access Management: the service, and what the rest of Atoll asks of it.
import { type Service, service } from "../../aws/operation.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Store } from "../../store/store.ts";
import type { CallRecorder, CredentialSource, IamDirectory, IssuerKeys } from "../ports.ts";
import { accessKeys } from "./access-keys.ts";
import { account } from "./account.ts";
import { type Accounts, createAccounts } from "./accounts.ts";
import { attachments } from "./attachments.ts";
import { authorizationDetails } from "./authorization-details.ts";
import { createCredentials, createUsage } from "./credentials.ts";
import type { IamDeps, RoleUsage } from "./deps.ts";
import { createDirectory } from "./directory.ts";
import { groups } from "./groups.ts";
import { inlinePolicies } from "./inline-policies.ts";
import { instanceProfiles } from "./instance-profiles.ts";
import { managedPolicies } from "./managed-policies.ts";
import { oidcProviders } from "./oidc-providers.ts";
import { PolicyBook } from "./policy-book.ts";
import { policyVersions } from "./policy-versions.ts";
import { roles } from "./roles.ts";
import { serviceLinkedRoles } from "./service-linked-roles.ts";
import { simulation } from "./simulate.ts";
import { IamState } from "./state.ts";
import { tagging } from "./tagging.ts";
import { presentedThumbprint } from "./thumbprint.ts";
import { users } from "./users.ts";

export interface IamOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Default `aws`. */
  readonly partition?: string;
  /** Keys of Atoll's own issuers: what they know may be registered with a port in its URL. Default: none. */
  readonly issuerKeys?: IssuerKeys;
  /** Thumbprint of an issuer's certificate; default: ask its host. */
  readonly thumbprint?: (issuer: string) => Promise<string>;
  /** Resources that need a service-linked role; default: none. */
  readonly serviceRoleUsage?: (account: string, servicePrincipal: string) => RoleUsage;
}

export interface Iam {
  readonly service: Service;
  readonly directory: IamDirectory;
  readonly credentials: CredentialSource;
  readonly accounts: Accounts;
  /** Give it every finished call: it keeps track of when keys and roles were last used. */
  readonly usage: CallRecorder;
}

/** Opens IAM over a store. */
export function createIam(options: IamOptions): Iam {
  const { store, clock, random, partition = "aws", issuerKeys, thumbprint, serviceRoleUsage } = options;
  const state = new IamState(store);
  const deps: IamDeps = {
    state,
    policies: new PolicyBook(state),
    clock,
    random,
    ownIssuer: (issuer) => issuerKeys?.jwks(issuer) !== undefined,
    thumbprint: thumbprint ?? presentedThumbprint,
    serviceRoleUsage: serviceRoleUsage ?? (() => []),
  };
  return {
    service: service(
      "iam",
      deps,
      users,
      accessKeys,
      groups,
      roles,
      inlinePolicies,
      attachments,
      managedPolicies,
      policyVersions,
      instanceProfiles,
      oidcProviders,
      serviceLinkedRoles,
      tagging,
      account,
      authorizationDetails,
      simulation,
    ),
    directory: createDirectory({ ...deps, partition }),
    credentials: createCredentials(state, partition),
    accounts: createAccounts(deps),
    usage: createUsage(state),
  };
}
