// Which pods a resource quota counts.
import type { KubeObject } from "../api/object.ts";
import { qosClass } from "./pod-resources.ts";

/** Does a pod fall under all scopes of a quota. */
export function inScope(quota: KubeObject, pod: KubeObject): boolean {
  const limited = pod.spec?.activeDeadlineSeconds !== undefined;
  const bestEffort = qosClass(pod) === "BestEffort";
  const holds = (scope: string, operator = "Exists", values: readonly string[] = []): boolean => {
    switch (scope) {
      case "Terminating":
        return limited;
      case "NotTerminating":
        return !limited;
      case "BestEffort":
        return bestEffort;
      case "NotBestEffort":
        return !bestEffort;
      case "PriorityClass": {
        const name = pod.spec?.priorityClassName as string | undefined;
        if (operator === "In") return name !== undefined && values.includes(name);
        if (operator === "NotIn") return name === undefined || !values.includes(name);
        return operator === "Exists" ? name !== undefined : name === undefined;
      }
      default:
        return false;
    }
  };
  const expressions = (quota.spec?.scopeSelector?.matchExpressions ?? []) as any[];
  return (
    (quota.spec?.scopes ?? []).every((scope: string) => holds(scope)) &&
    expressions.every((each) => holds(each.scopeName, each.operator, each.values))
  );
}
