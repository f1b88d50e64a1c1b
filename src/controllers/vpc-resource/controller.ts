// The VPC resource controller, which EKS runs in the control plane: security groups for pods (Amazon VPC resource controller).
import { type ControlledCluster, controlCluster } from "../../clusters/vpc-resource/control.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Again, Loop } from "../loop.ts";
import { controllerIdentity } from "./identity.ts";

const SOON: Again = { after: 200 };

/** The controller: one loop over clusters, one over their nodes. */
export interface VpcResourceController {
  readonly loops: readonly Loop[];
  /** Looks at a cluster, by its key. */
  add(clusterKey: string): void;
  /** Stops watching clusters. */
  stop(): void;
}

interface Watched {
  /** Which server the watches are open at: one of another version is made anew, and so is a cluster of an old name. */
  readonly server: string;
  readonly cluster: ControlledCluster;
}

/** Makes the controller; the caller feeds it cluster keys. */
export function vpcResourceController(deps: ControllerDeps): VpcResourceController {
  const { state, clock, log, clusters, invoke } = deps;
  const watched = new Map<string, Watched>();
  const forget = (key: string) => {
    watched.get(key)?.cluster.close();
    watched.delete(key);
  };
  const afterwards = (after: number | undefined): Again | undefined => (after === undefined ? undefined : { after });

  const nodes = new Loop("vpc-resource-node", clock, log, async (nodeKey) => {
    const slash = nodeKey.lastIndexOf("/");
    return afterwards(await watched.get(nodeKey.slice(0, slash))?.cluster.reconcileNode(nodeKey.slice(slash + 1)));
  });

  const loop = new Loop("vpc-resource-controller", clock, log, async (key) => {
    const record = state.clusters.get(key);
    if (!record) {
      forget(key);
      return undefined;
    }
    if (record.status !== "ACTIVE" && record.status !== "UPDATING") return undefined;
    const { version, hexId, name: clusterName } = record;
    const server = `${hexId}/${version}`;
    if (watched.get(key)?.server !== server) {
      forget(key);
      const kube = clusters.kube(key, "eks:vpc-resource-controller");
      if (!kube) return SOON;
      const identity = controllerIdentity(deps, () => state.clusters.get(key) ?? record);
      const cluster = controlCluster({
        ...{ clusterName, kube, clock, invoke, identity, log },
        look: (node) => nodes.add(`${key}/${node}`),
      });
      watched.set(key, { server, cluster });
    }
    return afterwards(await watched.get(key)?.cluster.sweep());
  });

  return {
    loops: [loop, nodes],
    add: (key) => loop.add(key),
    stop() {
      for (const key of [...watched.keys()]) forget(key);
    },
  };
}
