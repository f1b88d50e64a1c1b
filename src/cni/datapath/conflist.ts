// The plugin chain the kubelet's runtime reads: 10-aws.conflist (spec vpc-cni §4.1).
import { boolean, type Environment } from "../settings/parse.ts";
import { egressOf } from "./egress.ts";

const NO_IPV6 = ["all", "default", "lo"].map((link) => [`net.ipv6.conf.${link}.disable_ipv6`, "1"]);

/** A file of CNI plugins. */
export interface Conflist {
  readonly cniVersion: string;
  readonly name: string;
  readonly disableCheck: boolean;
  readonly plugins: readonly Readonly<Record<string, unknown>>[];
}

/** The file's content. `nodeIp` is the node's address of the family the egress plugin translates to; empty if it has none. */
export function conflist(env: Environment, nodeIp: string): Conflist {
  const mtu = env.POD_MTU || env.AWS_VPC_ENI_MTU || "9001";
  const log = {
    pluginLogFile: env.AWS_VPC_K8S_PLUGIN_LOG_FILE || "/var/log/aws-routed-eni/plugin.log",
    pluginLogLevel: env.AWS_VPC_K8S_PLUGIN_LOG_LEVEL || "DEBUG",
  };
  return {
    cniVersion: "0.4.0",
    name: "aws-cni",
    disableCheck: true,
    plugins: [
      {
        ...{ name: "aws-cni", type: "aws-cni", vethPrefix: env.AWS_VPC_K8S_CNI_VETHPREFIX || "eni", mtu },
        podSGEnforcingMode: env.POD_SECURITY_GROUP_ENFORCING_MODE || "strict",
        ...log,
        capabilities: { "io.kubernetes.cri.pod-annotations": true },
      },
      { name: "egress-cni", type: "egress-cni", mtu, ...egress(env, nodeIp), ...log },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
      ...(boolean(env.ENABLE_BANDWIDTH_PLUGIN, false) ? [{ type: "bandwidth", capabilities: { bandwidth: true } }] : []),
      ...(boolean(env.DISABLE_POD_V6, false) ? [{ type: "tuning", sysctl: Object.fromEntries(NO_IPV6) }] : []),
    ],
  };
}

/** Egress of the family the cluster does not have. */
function egress(env: Environment, nodeIP: string): object {
  const { enabled, subnet, destination: dst, dataDir } = egressOf(env);
  return {
    enabled: String(enabled),
    randomizeSNAT: env.AWS_VPC_K8S_CNI_RANDOMIZESNAT || "prng",
    nodeIP,
    ipam: { type: "host-local", ranges: [[{ subnet }]], routes: [{ dst }], dataDir },
  };
}
