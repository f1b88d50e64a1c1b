// Whether an APIService can be used, in the words of kube-aggregator's availability controller.
import type { KubeObject } from "../../api/object.ts";

/** What stands behind an APIService's reference. */
export interface ServiceBackend {
  readonly service: KubeObject | undefined;
  /** Endpoint slices of the service. */
  readonly slices: readonly KubeObject[];
  /** The pod an endpoint points to. */
  pod(namespace: string, name: string): KubeObject | undefined;
}

/** The `Available` condition without its time. */
export interface Availability {
  readonly type: "Available";
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

/** The group and version that a metrics-server serves; this process answers in its stead. */
const metrics = "v1beta1.metrics.k8s.io";

/** Judges an APIService. */
export function availabilityOf({ metadata, spec }: KubeObject, { service, slices, pod }: ServiceBackend): Availability {
  const { service: reference } = spec ?? {};
  const no = (reason: string, message: string): Availability => ({ type: "Available", status: "False", reason, message });
  if (!reference) return { type: "Available", status: "True", reason: "Local", message: "Local APIServices are always available" };
  const { name, namespace, port = 443 } = reference;
  const called = `service/${name} in ${JSON.stringify(namespace)}`;
  if (!service) return no("ServiceNotFound", `${called} is not present`);
  const portName = (service.spec?.ports ?? []).find((each: { port: number }) => each.port === port);
  if (!portName) return no("ServicePortError", `${called} is not listening on port ${port}`);
  if (slices.length === 0) return no("EndpointsNotFound", `cannot find endpointslices for ${called}`);
  const ready = slices.flatMap(({ endpoints }) => (endpoints ?? []) as any[]).filter(({ conditions }) => conditions?.ready !== false);
  if (ready.length === 0)
    return no("MissingEndpoints", `endpointslices for ${called} have no addresses with port name ${JSON.stringify(portName.name ?? "")}`);
  const backed = ready.some(({ targetRef }) => isMetricsServer(targetRef && pod(targetRef.namespace, targetRef.name)));
  if (metadata.name === metrics && backed) return { type: "Available", status: "True", reason: "Passed", message: "all checks passed" };
  const address = `https://${ready[0].addresses?.[0]}:${port}/apis/${spec.group}/${spec.version}`;
  const why = "nothing runs on simulated nodes";
  return no("FailedDiscoveryCheck", `failing or missing response from ${address}: Get ${JSON.stringify(address)}: ${why}`);
}

/** By its image, whatever its registry. */
function isMetricsServer(pod: KubeObject | undefined): boolean {
  return (pod?.spec?.containers ?? []).some(({ image = "" }: { image?: string }) => /(^|\/)metrics-server([:@]|$)/.test(image));
}
