// Principals that access entries name (spec identity §5.5).
import type { IamDirectory } from "../ports.ts";
import type { Place } from "./arn.ts";
import { invalidParameter } from "./errors.ts";

const PRINCIPAL = /^arn:(aws[\w-]*):iam::(\d{12}):(role|user)\/([\w+=,.@/-]+)$/;

/**
 * The role or user an ARN names, with its unique id. Its path must be the real one; sessions, groups, the root user and
 * service-linked roles are refused. Throws InvalidParameterException.
 */
export function requirePrincipal(
  directory: IamDirectory,
  place: Place,
  principalArn: string,
  roleOnly: boolean,
  clusterName: string,
): { readonly arn: string; readonly id: string } {
  const refuse = (message: string): never => {
    throw invalidParameter(message, { clusterName });
  };
  const match = PRINCIPAL.exec(principalArn);
  if (!match || match[1] !== place.partition) return refuse("The principalArn parameter format is not valid");
  const [, , account = "", kind, path = ""] = match;
  if (kind === "role" && path.startsWith("aws-service-role/")) {
    refuse("The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role");
  }
  if (roleOnly && (kind !== "role" || account !== place.account)) {
    refuse("The specified principalArn is invalid: it must be a role of the cluster's account for this access entry type.");
  }
  const principal = kind === "role" ? directory.role(principalArn) : directory.user(account, path.split("/").pop()!);
  if (!principal || principal.arn !== principalArn) return refuse("The specified principalArn is invalid: invalid principal.");
  return principal;
}
