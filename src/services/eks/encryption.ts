// Rules for the key that encrypts Secrets, and the grant EKS takes on it (spec eks-control-plane §5.1, §7.2).
import type { EncryptionConfig } from "@aws-sdk/client-eks";
import { AwsError } from "../../aws/errors.ts";
import type { Call, CallOptions } from "../../aws/operation.ts";
import type { Place } from "./arn.ts";
import type { EksDeps } from "./deps.ts";
import { invalidParameter, invalidRequest } from "./errors.ts";

const KEY = /^arn:(aws[\w-]*):kms:([a-z0-9-]+):\d{12}:(key\/[0-9A-Za-z-]+|alias\/[\w/-]+)$/;

/** The configuration to store, or undefined if none was asked for. Throws InvalidParameterException. */
export function checkEncryption(
  config: readonly EncryptionConfig[] | undefined,
  place: Place,
  clusterName: string,
): EncryptionConfig[] | undefined {
  if (!config || config.length === 0) return undefined;
  const refuse = (message: string): never => {
    throw invalidParameter(message, { clusterName });
  };
  const [entry] = config;
  if (!entry || config.length > 1) return refuse("Only one encryptionConfig is allowed");
  if (entry.resources?.length !== 1 || entry.resources[0] !== "secrets")
    refuse("Invalid resources in encryptionConfig: only [secrets] is allowed");
  const keyArn = entry.provider?.keyArn;
  if (!keyArn) return refuse("KeyArn is required");
  const match = KEY.exec(keyArn);
  if (!match || match[1] !== place.partition) return refuse(INVALID);
  if (match[2] !== place.region) refuse(`The key ${keyArn} must be in the same region as the cluster`);
  return [{ resources: ["secrets"], provider: { keyArn } }];
}

const INVALID = "The keyArn in encryptionConfig provider is invalid";

/**
 * Looks at the key and takes a grant on it for the cluster role, both in the caller's name. Returns the grant's id. Throws
 * InvalidRequestException if the caller may not, InvalidParameterException if there is no such key or it is of no use.
 */
export async function grantKey(
  [config]: readonly EncryptionConfig[],
  roleArn: string,
  call: Call,
  { invoke }: Pick<EksDeps, "invoke">,
  clusterName: string,
): Promise<string> {
  const service = "eks.amazonaws.com";
  const options: CallOptions = {
    ...{ caller: call.caller, region: call.region, account: call.account, sourceIp: service, userAgent: service },
  };
  const KeyId = config?.provider?.keyArn ?? "";
  const refused = (operation: string) => (error: unknown) => {
    if (!(error instanceof AwsError)) throw error;
    if (error.code === "AccessDeniedException") {
      throw invalidRequest(`User not authorized to perform kms:${operation} operation`, { clusterName });
    }
    throw invalidParameter(INVALID, { clusterName });
  };
  const { KeyMetadata } = await invoke("kms", "DescribeKey", { KeyId }, options).catch(refused("DescribeKey"));
  const { Arn = "", KeySpec, KeyUsage, KeyState } = KeyMetadata ?? {};
  if (KeySpec !== "SYMMETRIC_DEFAULT" || KeyUsage !== "ENCRYPT_DECRYPT") throw invalidParameter(INVALID, { clusterName });
  if (KeyState !== "Enabled")
    throw invalidParameter(`The key ${Arn} in encryptionConfig provider is in state ${KeyState}`, { clusterName });
  const grant = { KeyId: Arn, GranteePrincipal: roleArn, Operations: ["Encrypt" as const, "Decrypt" as const, "DescribeKey" as const] };
  const { GrantId = "" } = await invoke("kms", "CreateGrant", grant, options).catch(refused("CreateGrant"));
  return GrantId;
}
