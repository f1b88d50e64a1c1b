// The rules of each kind, by resource.
import { qualified } from "../api/status.ts";
import { strategies } from "./kinds/index.ts";
import type { ResourceInfo } from "./resource.ts";
import type { Strategy } from "./strategy.ts";

const plain: Strategy = {};

/** Rules of a resource's kind; a kind without any has the general ones. */
export function strategyOf(resource: ResourceInfo): Strategy {
  return strategies[qualified(resource.kept)] ?? plain;
}
