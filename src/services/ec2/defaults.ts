// The default VPC each account has in each region, made when the region is first used (Amazon VPC User Guide, "Default VPCs").
import { makeSubnet, makeVpc } from "./make-vpc.ts";
import type { Scope } from "./scope.ts";
import { privateDomain, zonesOf } from "./zones.ts";

const ready = new WeakSet<Scope>();

/** Makes the DHCP options every region starts with. Call inside a change. */
function makeDhcpOptions(scope: Scope): string {
  return scope.put("dhcp-options", {
    id: scope.newId("dhcp-options"),
    tags: {},
    configurations: [
      { key: "domain-name", values: [privateDomain(scope.region)] },
      { key: "domain-name-servers", values: ["AmazonProvidedDNS"] },
    ],
  }).id;
}

/** Makes a default VPC: 172.31.0.0/16, a public /20 per zone, an internet gateway and a default route. Call inside a change. */
export function makeDefaultVpc(scope: Scope, dhcpOptionsId: string): string {
  const vpc = makeVpc(scope, { cidr: "172.31.0.0/16", dhcpOptionsId, isDefault: true, tags: {} });
  const gateway = scope.put("internet-gateway", { id: scope.newId("internet-gateway"), tags: {}, vpcId: vpc.id });
  const table = scope.list("route-table").find((record) => record.vpcId === vpc.id)!;
  scope.put("route-table", { ...table, routes: [{ destination: "0.0.0.0/0", target: gateway.id }] });
  for (const [index, zone] of zonesOf(scope.region).entries()) {
    const cidr = `172.31.${index * 16}.0/20`;
    makeSubnet(scope, { vpcId: vpc.id, cidr, zone: zone.name, zoneId: zone.id, defaultForAz: true, mapPublicIp: true, tags: {} });
  }
  return vpc.id;
}

/** The region's own DHCP options set, which new VPCs use. */
export function defaultDhcpOptions(scope: Scope): string {
  return scope.get("region", scope.region)!.dhcpOptionsId;
}

/** Gives a region its DHCP options and default VPC once. A default VPC that is deleted later stays deleted. */
export function ensureDefaults(scope: Scope): void {
  if (ready.has(scope)) return;
  if (!scope.get("region", scope.region)) {
    scope.change(() => {
      const dhcpOptionsId = makeDhcpOptions(scope);
      makeDefaultVpc(scope, dhcpOptionsId);
      scope.put("region", { id: scope.region, tags: {}, dhcpOptionsId });
    });
  }
  ready.add(scope);
}
