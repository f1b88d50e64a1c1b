// DELETING to gone: the control plane, then what EKS made in the customer's account, then the records (spec eks-control-plane §5.8).

import type { ClusterRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import { eraseCluster } from "../../services/eks/state.ts";
import { endAutoMode } from "../auto-mode/teardown.ts";
import type { ControllerDeps } from "../deps.ts";
import type { Again } from "../loop.ts";
import { remaining } from "../timing.ts";
import { deleteInterfaces } from "./interfaces.ts";
import { revokeGrant } from "./key.ts";
import { deleteSecurityGroup } from "./security-group.ts";

/** Takes a cluster away. The log group and everything the customer made stay. */
export async function deleteCluster(deps: ControllerDeps, key: string, cluster: ClusterRecord): Promise<Again | undefined> {
  const service = asService(deps, cluster);
  if (cluster.autoMode && !(await endAutoMode(deps, key, cluster))) return { after: 100 };
  await deps.clusters.stop(key);
  await deleteInterfaces(deps, cluster, [], service);
  await deleteSecurityGroup(deps, cluster, service);
  await revokeGrant(deps, cluster);
  const wait = remaining(deps.clock.now(), cluster.deletingSince ?? deps.clock.now(), deps.timing.clusterDelete);
  if (wait > 0) return { after: wait };
  eraseCluster(deps.state, key);
  return undefined;
}
