// Filters on what a node has left: resources (extended ones too), pod slots and host ports.
import { portsConflict } from "../../runtime/pod-resources.ts";
import { type Filter, final, forNow } from "./filter.ts";

export const resourcesFit: Filter = {
  name: "NodeResourcesFit",
  prepare({ requests }) {
    const wanted = Object.entries(requests).filter(([, amount]) => amount > 0);
    return ({ allocatable, used, pods }) => {
      let reasons: string[] | undefined;
      let hopeless = false;
      if (pods.size + 1 > (allocatable.pods ?? 0) / 1000) reasons = ["Too many pods"];
      for (const [name, amount] of wanted) {
        const has = allocatable[name] ?? 0;
        if (amount <= has - (used[name] ?? 0)) continue;
        reasons = [...(reasons ?? []), `Insufficient ${name}`];
        if (amount > has) hopeless = true;
      }
      return reasons && (hopeless ? final(...reasons) : forNow(...reasons));
    };
  },
};

export const nodePorts: Filter = {
  name: "NodePorts",
  prepare({ ports }) {
    if (!ports.length) return undefined;
    const refusal = forNow("node(s) didn't have free ports for the requested pod ports");
    return (node) => {
      for (const taken of node.ports.keys()) if (ports.some((port) => portsConflict(port, taken))) return refusal;
      return undefined;
    };
  },
};
