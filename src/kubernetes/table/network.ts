// Rows of services, endpoints and networking.
import { since } from "./age.ts";
import { columns, type Printer } from "./printer.ts";
import { atMostThree, formatLabels, formatSelector } from "./text.ts";

function balancerAddresses(status: any): string[] {
  const addresses = (status?.loadBalancer?.ingress ?? []).map((entry: any) => entry.ip || entry.hostname).filter(Boolean);
  return [...new Set<string>(addresses)].sort();
}

function externalIp({ spec, status }: any): string {
  const external: string[] = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case "ClusterIP":
    case "NodePort":
      return external.join(",") || "<none>";
    case "LoadBalancer":
      return [...balancerAddresses(status), ...external].join(",") || "<pending>";
    case "ExternalName":
      return spec.externalName ?? "";
    default:
      return "<unknown>";
  }
}

function servicePorts(ports: any[] | undefined): string {
  const texts = (ports ?? []).map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ""}/${protocol}`);
  return texts.join(",") || "<none>";
}

const service: Printer = {
  columns: columns("Name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector+"),
  cells: (object, { now }) => [
    object.metadata.name,
    object.spec?.type ?? "",
    object.spec?.clusterIP || "<none>",
    externalIp(object),
    servicePorts(object.spec?.ports),
    since(object.metadata.creationTimestamp, now),
    formatLabels(object.spec?.selector),
  ],
};

const hostPort = (ip: string, port: number) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`);

const endpoints: Printer = {
  columns: columns("Name|Endpoints|Age"),
  cells: ({ metadata, subsets }, { now }) => {
    const all = (subsets ?? []).flatMap(({ ports, addresses }: any) =>
      ports?.length > 0
        ? ports.flatMap(({ port }: any) => (addresses ?? []).map(({ ip }: any) => hostPort(ip, port)))
        : (addresses ?? []).map(({ ip }: any) => ip),
    );
    const none = (subsets ?? []).length === 0 ? "<none>" : "";
    return [metadata.name, atMostThree(all, none), since(metadata.creationTimestamp, now)];
  },
};

const endpointSlice: Printer = {
  columns: columns("Name|AddressType|Ports|Endpoints|Age"),
  cells: (object, { now }) => [
    object.metadata.name,
    object.addressType ?? "",
    atMostThree(
      (object.ports ?? []).map(({ port }: any) => (port == null ? "*" : String(port))),
      "<unset>",
    ),
    atMostThree(
      (object.endpoints ?? []).flatMap(({ addresses }: any) => addresses ?? []),
      "<unset>",
    ),
    since(object.metadata.creationTimestamp, now),
  ],
};

function hosts(rules: any[]): string {
  const named = rules
    .slice(0, 3)
    .map(({ host }) => host)
    .filter(Boolean);
  if (named.length === 0) return "*";
  return rules.length > 3 && named.length === 3 ? `${named.join(",")} + ${rules.length - 3} more...` : named.join(",");
}

const ingress: Printer = {
  columns: columns("Name|Class|Hosts|Address|Ports|Age"),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name,
    spec?.ingressClassName ?? "<none>",
    hosts(spec?.rules ?? []),
    balancerAddresses(status).join(","),
    (spec?.tls ?? []).length > 0 ? "80, 443" : "80",
    since(metadata.creationTimestamp, now),
  ],
};

const ingressClass: Printer = {
  columns: columns("Name|Controller|Parameters|Age"),
  cells: ({ metadata, spec }, { now }) => {
    const parameters = spec?.parameters;
    const group = parameters?.apiGroup == null ? "" : `.${parameters.apiGroup}`;
    return [
      metadata.name,
      spec?.controller ?? "",
      parameters ? `${parameters.kind}${group}/${parameters.name}` : "<none>",
      since(metadata.creationTimestamp, now),
    ];
  },
};

const networkPolicy: Printer = {
  columns: columns("Name|Pod-Selector|Age"),
  cells: ({ metadata, spec }, { now }) => [metadata.name, formatSelector(spec?.podSelector), since(metadata.creationTimestamp, now)],
};

const serviceCidr: Printer = {
  columns: columns("Name|CIDRs|Age"),
  cells: ({ metadata, spec }, { now }) => [metadata.name, (spec?.cidrs ?? []).join(","), since(metadata.creationTimestamp, now)],
};

const ipAddress: Printer = {
  columns: columns("Name|ParentRef"),
  cells: ({ metadata, spec }) => {
    const parent = spec?.parentRef;
    const path = parent ? [parent.group ? `${parent.resource}.${parent.group}` : parent.resource, parent.namespace, parent.name] : [];
    return [metadata.name, path.filter(Boolean).join("/") || "<none>"];
  },
};

/** Printers by `group/Kind`. */
export const networkPrinters: Readonly<Record<string, Printer>> = {
  "/Service": service,
  "/Endpoints": endpoints,
  "discovery.k8s.io/EndpointSlice": endpointSlice,
  "networking.k8s.io/Ingress": ingress,
  "networking.k8s.io/IngressClass": ingressClass,
  "networking.k8s.io/NetworkPolicy": networkPolicy,
  "networking.k8s.io/ServiceCIDR": serviceCidr,
  "networking.k8s.io/IPAddress": ipAddress,
};
