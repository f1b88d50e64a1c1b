// What stops aws-node from starting: the entrypoint's checks and ipamd's own (spec vpc-cni §4.1, §3.3).
import type { IpamSettings } from "../settings.ts";
import { boolean, type Environment, integer } from "./parse.ts";

const MODES = ["", "standard", "strict", "none"];

/** Why ipamd refuses to run with the settings on a type; undefined if it runs. `nitro`: whether the type can hold prefixes. */
export function ipamdProblem(settings: IpamSettings, nitro: boolean): string | undefined {
  const { ipv4, ipv6, prefixDelegation, customNetworking, networkPolicyMode } = settings;
  if (ipv4 && ipv6) return "IPv4 and IPv6 are both enabled. VPC CNI currently does not support dual stack";
  if (!ipv4 && !ipv6) return "IPv4 and IPv6 are both disabled. One of them have to be enabled";
  if (ipv6 && customNetworking) return "IPv6 is not supported with custom networking";
  if (ipv6 && !prefixDelegation) return "IPv6 is supported only in Prefix Delegation mode";
  if (ipv6 && !nitro) return "Prefix Delegation is not supported on non-nitro instance. IPv6 is only supported in Prefix delegation Mode";
  if (!MODES.includes(networkPolicyMode)) return `invalid network policy mode "${networkPolicyMode}": standard, strict or none expected`;
  return undefined;
}

/** Why the entrypoint exits with 1; undefined if it goes on. */
export function entrypointProblem(env: Environment): string | undefined {
  const ipv6 = boolean(env.ENABLE_IPv6, false);
  if ((env.AWS_VPC_K8S_PLUGIN_LOG_FILE ?? "") === "stdout") return "AWS_VPC_K8S_PLUGIN_LOG_FILE cannot be set to stdout";
  return (
    vethPrefixProblem(env.AWS_VPC_K8S_CNI_VETHPREFIX || "eni") ??
    enforcingModeProblem(env.POD_SECURITY_GROUP_ENFORCING_MODE || "strict") ??
    cooldownProblem(env.IP_COOLDOWN_PERIOD || "30") ??
    mtuProblem("AWS_VPC_ENI_MTU", env.AWS_VPC_ENI_MTU, ipv6) ??
    mtuProblem("POD_MTU", env.POD_MTU, ipv6) ??
    warmPrefixProblem(env)
  );
}

/** Why a prefix cannot name host interfaces of pods: 1–4 characters, not one the system uses. */
export function vethPrefixProblem(prefix: string): string | undefined {
  if (prefix.length === 0 || prefix.length > 4) return `AWS_VPC_K8S_CNI_VETHPREFIX "${prefix}" must have 1 to 4 characters`;
  if (["eth", "vlan", "lo"].includes(prefix)) return `AWS_VPC_K8S_CNI_VETHPREFIX cannot be set to reserved value ${prefix}`;
  return undefined;
}

function enforcingModeProblem(mode: string): string | undefined {
  return mode === "strict" || mode === "standard"
    ? undefined
    : `POD_SECURITY_GROUP_ENFORCING_MODE must be strict or standard, not "${mode}"`;
}

function cooldownProblem(text: string): string | undefined {
  return integer(text, -1) >= 0 ? undefined : `IP_COOLDOWN_PERIOD must be a whole number of seconds, not "${text}"`;
}

/** Why an MTU is refused: 576–9001, for IPv6 1280–9001. Absent is fine. */
export function mtuProblem(name: string, text: string | undefined, ipv6: boolean): string | undefined {
  if (text === undefined || text === "") return undefined;
  const lowest = ipv6 ? 1280 : 576;
  const mtu = integer(text, 0);
  return mtu >= lowest && mtu <= 9001 ? undefined : `${name} must be between ${lowest} and 9001, not "${text}"`;
}

function warmPrefixProblem(env: Environment): string | undefined {
  if (!boolean(env.ENABLE_PREFIX_DELEGATION, false) || boolean(env.ENABLE_IPv6, false)) return undefined;
  const targets = [env.WARM_PREFIX_TARGET, env.WARM_IP_TARGET, env.MINIMUM_IP_TARGET];
  if (targets.some((text) => integer(text, 0) > 0)) return undefined;
  return "Setting WARM_PREFIX_TARGET = 0 is not supported while WARM_IP_TARGET/MINIMUM_IP_TARGET is not set. Please configure either one of the WARM_{PREFIX/IP}_TARGET or MINIMUM_IP_TARGET env variables";
}
