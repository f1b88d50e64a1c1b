// The pains of users that the specification lists (spec vpc-cni §14), by number; each is a scenario with the words that help.
import { after, test } from "node:test";

/** What users complain about, and where they did. */
export const PAINS = {
  1: '"failed to assign an IP address to container" says nothing',
  2: "free addresses, but InsufficientCidrBlocks",
  3: "the default warm pool eats small subnets",
  4: "max pods promises more than the interfaces hold",
  5: "churn: cool-down spreads pods and starves them",
  6: "stale metadata kills pods",
  7: "leaked interfaces block the deletion of groups, subnets and VPCs",
  8: "pods with security groups stick",
  9: "limits ignore the trunk and custom networking",
  10: "probes fail with security groups for pods in strict mode",
  11: "the add-on's schema lacks a key or resets it",
  12: "network policies allow everything in the first seconds",
  13: "a policy is applied in parts",
  14: "prefix delegation comes after the nodes",
} as const;

/** Registers the scenarios of some pains and prints how many there are. */
export function pains(scenarios: Readonly<Partial<Record<keyof typeof PAINS, () => Promise<void> | void>>>): void {
  for (const [number, run] of Object.entries(scenarios)) test(`pain ${number}: ${PAINS[Number(number) as keyof typeof PAINS]}`, run);
  after(() => console.log(`${Object.keys(scenarios).length} of the ${Object.keys(PAINS).length} pains of spec vpc-cni §14 in this file`));
}
