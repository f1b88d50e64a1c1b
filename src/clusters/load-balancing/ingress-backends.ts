// Backends of ingresses as target groups and actions.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { type Annotations, targetAddressType, targetTypeOf } from "./annotations.ts";
import { type ActionModel, type CheckModel, ModelError, type TargetGroupModel } from "./model.ts";
import { resourceName } from "./names.ts";

/** What models of ingresses look up. */
export interface IngressSources {
  readonly clusterName: string;
  /** Whether the cluster's pods have IPv6 addresses. */
  readonly ipv6: boolean;
  /** A Service; undefined if there is none. */
  service(namespace: string, name: string): KubeObject | undefined;
}

/** Where backends are looked up and target groups gathered, by id. */
export interface Backends extends IngressSources {
  /** Of the load balancer. */
  readonly ipAddressType: string;
  readonly targetGroups: Map<string, TargetGroupModel>;
}

/** networking.k8s.io/v1 IngressBackend. */
export interface IngressBackend {
  readonly service?: { readonly name: string; readonly port?: { readonly number?: number; readonly name?: string } };
  readonly resource?: object;
}

const gone = (body: string): ActionModel => ({ type: "fixed-response", code: "503", body });

/** What a backend makes of a request; its target group is noted. Throws ModelError. */
export function backendAction(backend: IngressBackend, ingress: KubeObject, own: Annotations, backends: Backends): ActionModel {
  const { service } = backend;
  if (!service) throw new ModelError('missing required "service" field');
  if (service.port?.name === "use-annotation") return annotatedAction(service.name, own);
  const { namespace = "", name } = ingress.metadata;
  const found = backends.service(namespace, service.name);
  if (!found) return gone("Backend service does not exist");
  const wanted = service.port?.number ?? service.port?.name;
  const port = (found.spec.ports ?? []).find((each: { port: number; name?: string }) => each.port === wanted || each.name === wanted);
  if (!port) return gone("Backend service does not have the port");
  const targetType = targetTypeOf(own.text("target-type"));
  if (targetType === "instance" && port.nodePort === undefined)
    throw new ModelError(`service type must be either 'NodePort' or 'LoadBalancer': ${namespace}/${service.name}`);
  const groupPort: number = targetType === "instance" ? port.nodePort : typeof port.targetPort === "number" ? port.targetPort : 1;
  const protocol = (own.text("backend-protocol") ?? "HTTP").toUpperCase();
  if (protocol !== "HTTP" && protocol !== "HTTPS") throw new ModelError(`backend protocol must be within [HTTP, HTTPS]: ${protocol}`);
  const id = `${namespace}/${name}-${service.name}:${wanted}`;
  backends.targetGroups.set(id, {
    ...{ id, protocol, targetType, namespace },
    name: resourceName(namespace, service.name, backends.clusterName, id, protocol, String(groupPort), targetType),
    port: groupPort,
    ipAddressType: targetAddressType(backends.ipv6, targetType, backends.ipAddressType),
    check: checkOf(own, protocol),
    attributes: own.map("target-group-attributes"),
    service: { name: service.name, port: wanted! },
  });
  return { type: "forward", group: id };
}

/** The action that an annotation of the ingress spells out: fixed responses, as Elastic Load Balancing writes them. */
function annotatedAction(name: string, own: Annotations): ActionModel {
  const given = own.json(`actions.${name}`) as
    | { type?: string; fixedResponseConfig?: { statusCode?: string; messageBody?: string } }
    | undefined;
  if (given === undefined) throw new ModelError(`missing actions.${name} configuration`);
  const { statusCode, messageBody = "" } = given.fixedResponseConfig ?? {};
  if (given.type !== "fixed-response" || statusCode === undefined)
    throw new ModelError(`unsupported action type of actions.${name}: ${given.type}`);
  return { type: "fixed-response", code: statusCode, body: messageBody };
}

function checkOf(own: Annotations, protocol: string): CheckModel {
  return {
    protocol: (own.text("healthcheck-protocol") ?? protocol).toUpperCase(),
    port: own.text("healthcheck-port") ?? "traffic-port",
    path: own.text("healthcheck-path") ?? "/",
    codes: own.text("success-codes") ?? "200",
    interval: own.whole("healthcheck-interval-seconds") ?? 15,
    timeout: own.whole("healthcheck-timeout-seconds") ?? 5,
    healthy: own.whole("healthy-threshold-count") ?? 2,
    unhealthy: own.whole("unhealthy-threshold-count") ?? 2,
  };
}
