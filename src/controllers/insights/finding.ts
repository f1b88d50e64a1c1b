// How a check becomes an insight.
import type { InsightStatusValue } from "@aws-sdk/client-eks";
import type { Finding, InsightResource } from "../../services/eks/insight-records.ts";

export const GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide";
const UPDATING = { "EKS update cluster documentation": `${GUIDE}/update-cluster.html` };
const SEVERITY: readonly InsightStatusValue[] = ["PASSING", "UNKNOWN", "WARNING", "ERROR"];

const worst = (resources: readonly InsightResource[]) =>
  resources.reduce<InsightStatusValue>(
    (status, each) => (SEVERITY.indexOf(each.status) > SEVERITY.indexOf(status) ? each.status : status),
    "PASSING",
  );

/** An insight as bad as the worst of its resources. */
export function finding(
  base: Pick<Finding, "name" | "category" | "kubernetesVersion" | "description" | "recommendation">,
  resources: readonly InsightResource[],
  passing: string,
  failing: string,
  more: Pick<Finding, "addons" | "deprecations"> = {},
): Finding {
  const status = worst(resources);
  return { ...base, status, reason: status === "PASSING" ? passing : failing, resources, additionalInfo: UPDATING, ...more };
}
