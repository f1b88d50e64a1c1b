// CREATING to ACTIVE: what EKS makes in the customer's account, then the control plane (spec eks-control-plane §5.3).

import type { ClusterRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import { ensureDefaultEntries } from "../access.ts";
import { installAutoMode } from "../auto-mode/install.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Failure, failureOf } from "../issues.ts";
import type { Again } from "../loop.ts";
import { remaining } from "../timing.ts";
import { amend } from "./amend.ts";
import { clusterFacts } from "./facts.ts";
import { deleteInterfaces, listInterfaces, makeInterfaces } from "./interfaces.ts";
import { ensureLogGroup } from "./log-group.ts";
import { ensureSecurityGroup } from "./security-group.ts";

/** Takes a new cluster as far as it goes. A failure that trying again cannot mend leaves it FAILED with a health issue. */
export async function createCluster(
  deps: ControllerDeps,
  key: string,
  cluster: ClusterRecord,
  failures: number,
): Promise<Again | undefined> {
  try {
    return await provision(deps, key, cluster);
  } catch (error) {
    const failure = failureOf(error, failures);
    if (!failure) throw error;
    fail(deps, key, failure);
    return undefined;
  }
}

async function provision(deps: ControllerDeps, key: string, cluster: ClusterRecord): Promise<Again | undefined> {
  const service = asService(deps, cluster);
  const securityGroupId = await ensureSecurityGroup(deps, cluster, service);
  let current = amend(deps, key, "CREATING", { clusterSecurityGroupId: securityGroupId });
  if (!current) return undefined;

  if (!current.interfaces) {
    const ids = await makeInterfaces(deps, current, current, service);
    current = amend(deps, key, "CREATING", { interfaces: { ids, generation: "create" } });
    if (!current) return undefined;
  }
  await deleteInterfaces(deps, current, current.interfaces!.ids, service);
  if (current.logTypes.length > 0) await ensureLogGroup(deps, current.name, service);
  if (current.authenticationMode !== "CONFIG_MAP") ensureDefaultEntries(deps, current);

  const interfaces = await listInterfaces(deps, current, service);
  const addresses = interfaces.map((found) => found.PrivateIpAddress).filter((address) => address !== undefined);
  const running = await deps.clusters.start(clusterFacts(key, current, addresses));
  const kube = current.autoMode ? deps.clusters.kube(key) : undefined;
  if (kube) await installAutoMode(deps, kube, current);
  const wait = remaining(deps.clock.now(), current.createdAt, deps.timing.clusterCreate);
  if (wait > 0) return { after: wait };
  amend(deps, key, "CREATING", { ...running, status: "ACTIVE", health: [] });
  return undefined;
}

function fail(deps: ControllerDeps, key: string, failure: Failure): void {
  deps.log.warn({ cluster: key, code: failure.cluster, reason: failure.message }, "cluster could not be created");
  const issue = { code: failure.cluster, message: failure.message, resourceIds: failure.resourceIds };
  amend(deps, key, "CREATING", { status: "FAILED", health: [issue] });
}
