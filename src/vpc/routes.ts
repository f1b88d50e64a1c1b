// Route lookup: the longest prefix wins (spec vpc-cni §2.7).
import { containsAddress, parseAddress, parseCidr } from "./cidr.ts";

/** One route. `blackhole`: its target is gone. */
export interface Route {
  /** IPv4 or IPv6 CIDR. */
  readonly destination: string;
  /** `local`, or the id of an igw, nat, eigw, eni, vpce, pcx or tgw. */
  readonly target: string;
  readonly state: "active" | "blackhole";
}

/** The route of the longest prefix around an address; of equals, the first. Undefined: no route. Blackholes win too and drop. */
export function lookupRoute(routes: readonly Route[], address: string): Route | undefined {
  const target = parseAddress(address);
  if (!target) return undefined;
  let best: { route: Route; prefix: number } | undefined;
  for (const route of routes) {
    const cidr = parseCidr(route.destination);
    if (cidr && containsAddress(cidr, target) && (!best || cidr.prefix > best.prefix)) best = { route, prefix: cidr.prefix };
  }
  return best?.route;
}

/** Whether a table makes its subnets public: an active default route to an internet gateway. */
export function isPublic(routes: readonly Route[]): boolean {
  return routes.some(
    ({ destination, target, state }) =>
      (destination === "0.0.0.0/0" || destination === "::/0") && target.startsWith("igw-") && state === "active",
  );
}
