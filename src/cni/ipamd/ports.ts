// What aws-node listens on: introspection on 61679, metrics on 61678 (spec vpc-cni §3.13).
import { boolean, type Environment } from "../settings/parse.ts";
import type { EniConfig } from "./eni-config.ts";
import { enisView, metricsText } from "./introspection.ts";
import type { Ipamd } from "./ipamd.ts";

const METRICS_PORT = 61_678;
const INTROSPECTION_PORT = 61_679;
const COMMANDS = ["/v1/enis", "/v1/eni-configs", "/v1/networkutils-env-settings", "/v1/ipamd-env-settings"];

/** What a running ipamd tells of itself. */
export interface PortSource {
  readonly ipamd: Ipamd;
  readonly environment: Environment;
  /** The node's ENIConfig; undefined without custom networking, or if it does not exist. */
  eniConfig(): EniConfig | undefined;
}

/** An HTTP answer. */
export interface PortAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** The port introspection is on; undefined if it is off or on a Unix socket. */
export function introspectionPort(environment: Environment): number | undefined {
  if (boolean(environment.DISABLE_INTROSPECTION, false)) return undefined;
  const address = environment.INTROSPECTION_BIND_ADDRESS || `127.0.0.1:${INTROSPECTION_PORT}`;
  const port = /:(\d{1,5})$/.exec(address)?.[1];
  return address.startsWith("unix:") || port === undefined ? undefined : Number(port);
}

/** Answers a GET; undefined: nothing listens on the port. `now` is epoch milliseconds. */
export function answerPort(source: PortSource, port: number, path: string, now: number): PortAnswer | undefined {
  const { ipamd, environment } = source;
  if (port === METRICS_PORT && !boolean(environment.DISABLE_METRICS, false)) {
    if (path !== "/metrics") return { status: 404, contentType: "text/plain; charset=utf-8", body: "404 page not found\n" };
    const body = metricsText(ipamd.pools, ipamd.counters, now);
    return { status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body };
  }
  if (port !== introspectionPort(environment)) return undefined;
  return { status: 200, contentType: "application/json", body: JSON.stringify(introspect(source, path, now)) };
}

/** Paths that are not known show which ones are. */
function introspect({ ipamd, environment, eniConfig }: PortSource, path: string, now: number): unknown {
  switch (path) {
    case "/v1/enis":
      return enisView(ipamd.pools, now);
    case "/v1/eni-configs": {
      const config = eniConfig();
      return config ? { subnet: config.subnetId, securityGroups: config.securityGroups } : {};
    }
    case "/v1/networkutils-env-settings":
      return networkSettings(ipamd, environment);
    case "/v1/ipamd-env-settings":
      return ipamdSettings(ipamd);
    default:
      return { AvailableCommands: COMMANDS };
  }
}

function networkSettings({ settings }: Ipamd, environment: Environment): object {
  return {
    AWS_VPC_CNI_NODE_PORT_SUPPORT: boolean(environment.AWS_VPC_CNI_NODE_PORT_SUPPORT, true),
    AWS_VPC_ENI_MTU: environment.AWS_VPC_ENI_MTU || "9001",
    AWS_VPC_K8S_CNI_CONNMARK: environment.AWS_VPC_K8S_CNI_CONNMARK || "0x80",
    AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: settings.excludeSnatCidrs,
    AWS_VPC_K8S_CNI_EXTERNALSNAT: settings.externalSnat,
    AWS_VPC_K8S_CNI_RANDOMIZESNAT: environment.AWS_VPC_K8S_CNI_RANDOMIZESNAT || "prng",
    AWS_VPC_K8S_CNI_VETHPREFIX: environment.AWS_VPC_K8S_CNI_VETHPREFIX || "eni",
    POD_SECURITY_GROUP_ENFORCING_MODE: environment.POD_SECURITY_GROUP_ENFORCING_MODE || "strict",
  };
}

function ipamdSettings({ settings, limits }: Ipamd): object {
  return {
    AWS_MANAGE_ENIS_NON_SCHEDULABLE: settings.manageNonSchedulable,
    AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: settings.customNetworking,
    ADDITIONAL_ENI_TAGS: settings.additionalTags,
    ANNOTATE_POD_IP: settings.annotatePodIp,
    CLUSTER_NAME: settings.clusterName ?? "",
    DISABLE_LEAKED_ENI_CLEANUP: !settings.leakSweep,
    DISABLE_NETWORK_RESOURCE_PROVISIONING: !settings.provisioning,
    ENABLE_IPv4: settings.ipv4,
    ENABLE_IPv6: settings.ipv6,
    ENABLE_MULTI_NIC: settings.multiNic,
    ENABLE_POD_ENI: settings.podEni,
    ENABLE_PREFIX_DELEGATION: settings.prefixDelegation,
    ENABLE_SUBNET_DISCOVERY: settings.subnetDiscovery,
    IP_COOLDOWN_PERIOD: settings.cooldown / 1000,
    MANAGE_UNTAGGED_ENI: settings.manageUntagged,
    MAX_ENI: limits.maxEnis,
    MINIMUM_IP_TARGET: settings.minimumIpTarget,
    NETWORK_POLICY_ENFORCING_MODE: settings.networkPolicyMode,
    WARM_ENI_TARGET: settings.warmEniTarget,
    WARM_IP_TARGET: settings.warmIpTarget,
    WARM_PREFIX_TARGET: settings.warmPrefixTarget,
  };
}
