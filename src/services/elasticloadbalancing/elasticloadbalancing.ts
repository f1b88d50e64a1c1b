// Elastic Load Balancing: Application and Network Load Balancers (Elastic Load Balancing API Reference, 2015-12-01). No traffic flows.
import { parseArn } from "../../aws/arn.ts";
import { type Invoke, type Service, service } from "../../aws/operation.ts";
import { Pager } from "../../aws/paginate.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Store } from "../../store/store.ts";
import type { TargetProbe } from "../ports.ts";
import { attributes } from "./attributes.ts";
import type { ElbDelays, ElbDeps } from "./deps.ts";
import { limits } from "./limits.ts";
import { listeners } from "./listeners.ts";
import { loadBalancerChanges } from "./load-balancer-changes.ts";
import { erase, loadBalancers } from "./load-balancers.ts";
import { arrangeInterfaces } from "./network.ts";
import { rules } from "./rules.ts";
import { sslPolicies } from "./ssl-policies.ts";
import { State } from "./state.ts";
import { tagging } from "./tags.ts";
import { targetGroups } from "./target-groups.ts";
import { targets } from "./targets.ts";

export interface ElbOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly invoke: Invoke;
  readonly probe: TargetProbe;
  /** Default: nothing takes time. */
  readonly delays?: ElbDelays;
}

/** The service, and the end of what the last stop interrupted. */
export interface ElasticLoadBalancing {
  readonly service: Service;
  /** Completes load balancers that were caught on their way up or down. Call once EC2 is served. */
  resume(): Promise<void>;
}

/** Makes the service. */
export function createElasticLoadBalancing(options: ElbOptions): ElasticLoadBalancing {
  const { store, clock, random, invoke, probe, delays = { provisioning: 0, drains: false } } = options;
  const state = new State(store);
  const deps: ElbDeps = { state, clock, random, invoke, probe, delays, pager: new Pager(random.bytes(32)) };
  return {
    service: service(
      "elasticloadbalancing",
      deps,
      loadBalancers,
      loadBalancerChanges,
      attributes,
      targetGroups,
      targets,
      listeners,
      rules,
      tagging,
      sslPolicies,
      limits,
    ),
    async resume() {
      for (const record of state.loadBalancers.everywhere()) {
        const { account = "", region = "" } = parseArn(record.arn) ?? {};
        const place = { account, region };
        if (record.deleting) await erase(deps, place, record);
        else if (record.placements.some(({ interfaceId }) => interfaceId === undefined))
          state.loadBalancers.put({ ...record, placements: await arrangeInterfaces(deps, place, record) });
      }
    },
  };
}
