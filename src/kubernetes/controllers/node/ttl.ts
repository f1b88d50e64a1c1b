// Tells kubelets on every node how long they may keep secrets and config maps, by the size of the cluster.
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound } from "../../runtime/errors.ts";

const annotation = "node.alpha.kubernetes.io/ttl";
/** Seconds from a number of nodes on, and the number below which the step before holds again. */
const steps = [
  { seconds: 0, from: 0, until: 0 },
  { seconds: 15, from: 101, until: 90 },
  { seconds: 30, from: 501, until: 450 },
  { seconds: 60, from: 1001, until: 900 },
  { seconds: 300, from: 2001, until: 1800 },
];

/** The TTL controller. Keys are nodes. */
export function ttlController({ client, stores }: ControllerDeps): Controller {
  let step = 0;
  const adjust = (): boolean => {
    const nodes = stores.of("nodes").size;
    const before = step;
    while (step + 1 < steps.length && nodes >= steps[step + 1]!.from) step++;
    while (step > 0 && nodes < steps[step]!.until) step--;
    return step !== before;
  };
  return {
    name: "ttl",
    watches: [
      {
        type: "nodes",
        keys: ({ type, object, old }) => {
          if (type !== "MODIFIED" && adjust())
            return stores
              .of("nodes")
              .list()
              .map(({ metadata }) => metadata.name);
          return old?.metadata.annotations === object.metadata.annotations ? [] : [object.metadata.name];
        },
      },
    ],
    async reconcile(name) {
      const node = stores.of("nodes").get("", name);
      const wanted = String(steps[step]!.seconds);
      if (!node || node.metadata.annotations?.[annotation] === wanted) return undefined;
      const body = { metadata: { annotations: { [annotation]: wanted } } };
      const written = await ignoreNotFound(client.patch("nodes", "", name, "merge", body));
      if (written) stores.of("nodes").observe(written);
      return undefined;
    },
  };
}
