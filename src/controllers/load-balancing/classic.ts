// Services of type LoadBalancer in clusters without Auto Mode. On EKS the cloud provider makes Classic Load Balancers of those that name
// no class; Atoll does not, and says so.
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { Balancing } from "./context.ts";

const TYPE = "service.beta.kubernetes.io/aws-load-balancer-type";
/** Values by which a Service asks for the AWS Load Balancer Controller instead. */
const FOREIGN = ["external", "nlb-ip"];

const TEXT =
  "Error syncing load balancer: failed to ensure load balancer: Atoll does not provide Classic Load Balancers. Use EKS Auto Mode, or a controller of your own with spec.loadBalancerClass.";

/** Puts an event on every Service that waits for a Classic Load Balancer. */
export function tellClassic(kube: KubeClient, tell: Balancing["tell"]): void {
  for (const service of kube.list("services")) {
    const { spec, metadata } = service;
    if (spec?.type !== "LoadBalancer" || spec.loadBalancerClass !== undefined || metadata.deletionTimestamp) continue;
    if (!FOREIGN.includes(metadata.annotations?.[TYPE] ?? "")) tell(service, "Warning", "SyncLoadBalancerFailed", TEXT);
  }
}
