// NodeConfig documents, which nodeadm reads on Amazon Linux 2023 (nodeadm API, node.eks.aws/v1alpha1).
import { parseAllDocuments } from "yaml";
import { kubeletFlags, mergeKubelet, podCount, taintOf } from "./kubelet-flags.ts";
import { partsOf } from "./mime.ts";
import { type NodeSettings, UserDataError } from "./settings.ts";

interface NodeConfig {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly spec?: {
    readonly cluster?: Readonly<Record<string, unknown>>;
    readonly kubelet?: { readonly config?: Readonly<Record<string, unknown>>; readonly flags?: readonly unknown[] };
  };
}

/** What each required member is called when it is missing. */
const REQUIRED = [
  ["name", "Name is missing in cluster configuration"],
  ["apiServerEndpoint", "Apiserver endpoint is missing in cluster configuration"],
  ["certificateAuthority", "Certificate authority is missing in cluster configuration"],
  ["cidr", "CIDR is missing in cluster configuration"],
] as const;

/** Reads every NodeConfig of the user data, later ones over earlier ones. Throws UserDataError. */
export function nodeadmSettings(userData: string): NodeSettings {
  const configs = partsOf(userData)
    .filter(({ type, body }) => type === "application/node.eks.aws" || (type === "" && isConfig(body)))
    .flatMap(({ body }) => documents(body));
  if (configs.length === 0) throw new UserDataError("could not find NodeConfig within UserData");
  const cluster = Object.assign({}, ...configs.map(({ spec }) => spec?.cluster ?? {})) as Record<string, unknown>;
  for (const [member, text] of REQUIRED) if (typeof cluster[member] !== "string" || cluster[member] === "") throw new UserDataError(text);
  const kubelet = configs.map(kubeletOf).reduce(mergeKubelet);
  return {
    ...kubelet,
    clusterName: String(cluster.name),
    endpoint: String(cluster.apiServerEndpoint),
    certificateAuthority: String(cluster.certificateAuthority),
  };
}

/** Whether a text without a media type is meant for nodeadm, and not for a shell or cloud-init. */
const isConfig = (body: string) => !/^\s*#(!|cloud-config)/.test(body) && /\bnode\.eks\.aws\//.test(body);

function documents(body: string): NodeConfig[] {
  return parseAllDocuments(body).flatMap((document) => {
    if (document.errors[0]) throw new UserDataError(`error converting YAML to JSON: yaml: ${document.errors[0].message.split("\n")[0]}`);
    const config = document.toJS() as NodeConfig | null;
    if (config === null) return [];
    const { apiVersion, kind } = typeof config === "object" ? config : {};
    if (kind !== "NodeConfig" || apiVersion !== "node.eks.aws/v1alpha1")
      throw new UserDataError(`no kind "${kind}" is registered for version "${apiVersion}"`);
    return [config];
  });
}

function kubeletOf({ spec }: NodeConfig) {
  const { config = {}, flags = [] } = spec?.kubelet ?? {};
  const taints = Array.isArray(config.registerWithTaints) ? (config.registerWithTaints as Record<string, unknown>[]) : [];
  return mergeKubelet(
    {
      labels: {},
      taints: taints.map(({ key, value = "", effect }) => taintOf(String(key ?? ""), `${value}:${effect}`)),
      ...(config.maxPods !== undefined && { maxPods: podCount(config.maxPods) }),
    },
    kubeletFlags((Array.isArray(flags) ? flags : []).map(String)),
  );
}
