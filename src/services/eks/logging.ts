// Control-plane log types and the form in which EKS shows them (spec eks-control-plane §5.3).
import type { Logging, LogType } from "@aws-sdk/client-eks";
import { invalidParameter } from "./errors.ts";

export const LOG_TYPES: readonly LogType[] = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

/** Enabled types after applying a request to those enabled now; types the request does not name stay as they are. */
export function enabledLogTypes(request: Logging | undefined, now: readonly LogType[], clusterName: string): LogType[] {
  const enabled = new Set(now);
  for (const setup of request?.clusterLogging ?? []) {
    for (const type of setup.types ?? []) {
      if (!LOG_TYPES.includes(type)) throw invalidParameter(`Unsupported log type: ${type}`, { clusterName });
      if (setup.enabled) enabled.add(type);
      else enabled.delete(type);
    }
  }
  return LOG_TYPES.filter((type) => enabled.has(type));
}

/** The enabled group, then the disabled one; an empty group is left out. */
export function loggingView(enabled: readonly LogType[]): Logging {
  const groups = [
    { types: LOG_TYPES.filter((type) => enabled.includes(type)), enabled: true },
    { types: LOG_TYPES.filter((type) => !enabled.includes(type)), enabled: false },
  ];
  return { clusterLogging: groups.filter((group) => group.types.length > 0) };
}
