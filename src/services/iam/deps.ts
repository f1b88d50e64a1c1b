// What IAM's operations are given.
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { PolicyBook } from "./policy-book.ts";
import type { IamState } from "./state.ts";

/** Resources that still need a service-linked role, by region; what GetServiceLinkedRoleDeletionStatus reports. */
export type RoleUsage = readonly { readonly region: string; readonly resources: readonly string[] }[];

export interface IamDeps {
  readonly state: IamState;
  readonly policies: PolicyBook;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether Atoll itself runs the issuer. */
  ownIssuer(issuer: string): boolean;
  /** SHA-1 thumbprint (lower-case hex) of the top certificate an issuer's host presents. Rejects if the host cannot be reached. */
  thumbprint(issuer: string): Promise<string>;
  /** Resources of a service that keep its service-linked role from being deleted. */
  serviceRoleUsage(account: string, servicePrincipal: string): RoleUsage;
}
