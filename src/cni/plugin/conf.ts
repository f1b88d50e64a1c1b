// What the plugin is told: its part of the conflist on stdin, and CNI_ARGS (spec vpc-cni §4.2).
import type { EnforcingMode } from "../datapath/branch-pod.ts";
import { CniError, CODES } from "./errors.ts";
import type { CniResult } from "./result.ts";

/** CNI versions the library knows. */
export const VERSIONS = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;

/** The key and value by which a pod asks for an interface of every network card. */
const NIC_CONFIG = "k8s.amazonaws.com/nicConfig";
const MULTI_NIC = "multi-nic-attachment";
const POD_ANNOTATIONS = "io.kubernetes.cri.pod-annotations";
const LONGEST_PREFIX = 4;

/** The plugin's configuration. */
export interface NetConf {
  readonly cniVersion: string;
  /** Of the network: the chain's. */
  readonly name: string;
  readonly vethPrefix: string;
  readonly mtu: number;
  readonly mode: EnforcingMode;
  readonly requiresMultiNic: boolean;
  /** What ADD answered, on DEL. */
  readonly prevResult: CniResult | undefined;
}

/** Reads stdin. Throws CniError. */
export function readConf(stdin: string): NetConf {
  let conf: Record<string, any>;
  try {
    conf = JSON.parse(stdin);
  } catch (error) {
    throw new CniError(`decoding version from network config: ${(error as Error).message}`, CODES.decoding);
  }
  if (typeof conf !== "object" || conf === null || Array.isArray(conf))
    throw new CniError("decoding version from network config: an object is expected", CODES.decoding);
  const cniVersion = String(conf.cniVersion || "0.1.0");
  if (!(VERSIONS as readonly string[]).includes(cniVersion))
    throw new CniError(
      "incompatible CNI versions",
      CODES.incompatible,
      `config is "${cniVersion}", plugin supports ${JSON.stringify(VERSIONS)}`,
    );
  const vethPrefix = String(conf.vethPrefix || "eni");
  if (vethPrefix.length > LONGEST_PREFIX)
    throw new CniError("error loading config from args: conf.VethPrefix must be less than 4 characters long");
  const mtu = Number(conf.mtu || 9001);
  if (!Number.isInteger(mtu) || mtu < 1)
    throw new CniError(`error loading config from args: failed to parse mtu ${JSON.stringify(conf.mtu)}`);
  return {
    ...{ cniVersion, name: String(conf.name ?? ""), vethPrefix, mtu },
    mode: conf.podSGEnforcingMode === "standard" ? "standard" : "strict",
    requiresMultiNic: conf.runtimeConfig?.[POD_ANNOTATIONS]?.[NIC_CONFIG] === MULTI_NIC,
    prevResult: typeof conf.prevResult === "object" && conf.prevResult !== null ? conf.prevResult : undefined,
  };
}

/** The part of CNI_ARGS the plugin uses. */
export interface PodArgs {
  readonly name: string;
  readonly namespace: string;
  readonly infraContainerId: string;
  readonly uid: string;
}

/** Reads `K8S_POD_NAME=…;K8S_POD_NAMESPACE=…`. Unknown keys are left out. Throws CniError. */
export function readArgs(args: string): PodArgs {
  const values = new Map<string, string>();
  for (const pair of args === "" ? [] : args.split(";")) {
    const at = pair.indexOf("=");
    if (at < 1 || pair.indexOf("=", at + 1) >= 0)
      throw new CniError(`failed to load k8s config from args: ARGS: invalid pair ${JSON.stringify(pair)}`);
    values.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return {
    name: values.get("K8S_POD_NAME") ?? "",
    namespace: values.get("K8S_POD_NAMESPACE") ?? "",
    infraContainerId: values.get("K8S_POD_INFRA_CONTAINER_ID") ?? "",
    uid: values.get("K8S_POD_UID") ?? "",
  };
}

/** The text of CNI_ARGS. */
export function writeArgs({ name, namespace, infraContainerId, uid }: PodArgs): string {
  return `IgnoreUnknown=1;K8S_POD_NAMESPACE=${namespace};K8S_POD_NAME=${name};K8S_POD_INFRA_CONTAINER_ID=${infraContainerId};K8S_POD_UID=${uid}`;
}

/** The part of stdin that container runtimes add for a pod's annotations. */
export function runtimeConfig(annotations: Readonly<Record<string, string>>): object {
  return { runtimeConfig: { [POD_ANNOTATIONS]: annotations } };
}
