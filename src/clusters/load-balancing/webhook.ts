// The webhook of Auto Mode's load balancing as an admission plugin: Services of type LoadBalancer get its class
// (spec eks-control-plane §16.7).
import type { AdmissionPlugin } from "../../kubernetes/admission/types.ts";
import { NLB_CLASS } from "./names.ts";

/** `isOn`: whether the cluster has Auto Mode now. Services that become load balancers later get the class then. */
export function loadBalancingWebhook(isOn: () => boolean): AdmissionPlugin {
  return {
    name: "EksLoadBalancingWebhook",
    mutate({ operation, group, resource, subresource, object, oldObject }) {
      if (group !== "" || resource !== "services" || subresource !== "" || !object?.spec) return;
      if (operation !== "CREATE" && operation !== "UPDATE") return;
      const { spec } = object;
      if (spec.type !== "LoadBalancer" || oldObject?.spec?.type === "LoadBalancer" || spec.loadBalancerClass !== undefined) return;
      if (isOn()) spec.loadBalancerClass = NLB_CLASS;
    },
  };
}
