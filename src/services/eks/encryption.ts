// Rules for the key that encrypts Secrets (spec eks-control-plane §5.1, §7.2).
import type { EncryptionConfig } from "@aws-sdk/client-eks";
import type { Requirement } from "../../aws/operation.ts";
import type { Place } from "./arn.ts";
import { invalidParameter } from "./errors.ts";

const KEY = /^arn:(aws[\w-]*):kms:([a-z0-9-]+):\d{12}:(key\/[0-9A-Za-z-]+|alias\/[\w/-]+)$/;

/** What the caller must be allowed on the key: EKS looks at it and takes a grant on it in the caller's name. */
export function keyRequirements(config: readonly EncryptionConfig[] | undefined): Requirement[] {
  const resources = (config ?? []).map(({ provider }) => provider?.keyArn).filter((arn) => arn?.startsWith("arn:")) as string[];
  if (resources.length === 0) return [];
  return ["kms:DescribeKey", "kms:CreateGrant"].map((action) => ({ action, resources }));
}

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
  const keyArn = entry.provider?.keyArn ?? "";
  const match = KEY.exec(keyArn);
  if (!match || match[1] !== place.partition) return refuse(`Invalid keyArn in encryptionConfig: ${keyArn}`);
  if (match[2] !== place.region) refuse(`The key ${keyArn} must be in the same region as the cluster`);
  return [{ resources: ["secrets"], provider: { keyArn } }];
}
