import assert from "node:assert/strict";
import { test } from "node:test";
import type { GroupRule } from "../../vpc/security-groups.ts";
import { type BranchAdviceFacts, branchAdvice } from "./branch-advice.ts";
import type { PathEni } from "./path-facts.ts";

const eni = (id: string, address: string, group: string): PathEni => ({
  ...{ id, subnetId: "subnet-1", groups: [group], addresses: [address], publicAddresses: {}, description: "" },
});
const FROM_NODE: GroupRule = { groupId: "sg-pod", egress: false, protocol: "tcp", fromPort: 80, toPort: 80, referencedGroupId: "sg-node" };
const FACTS: BranchAdviceFacts = {
  ...{ mode: "strict", earlyDemuxOff: true, probedPorts: [80], localServices: [], vpc: { rules: [FROM_NODE] } },
  ...{ branch: eni("eni-b", "10.0.3.9", "sg-pod"), node: eni("eni-0", "10.0.0.5", "sg-node") },
};
const advice = (change: Partial<BranchAdviceFacts>) => branchAdvice({ ...FACTS, ...change }).map(({ step, text }) => `${step}: ${text}`);

test("nothing to say where probes get through", () => {
  assert.deepEqual(advice({}), []);
  assert.deepEqual(advice({ probedPorts: [], vpc: { rules: [] }, earlyDemuxOff: false }), []);
});

test("probes: early demultiplexing, and groups that do not admit the node", () => {
  assert.match(advice({ earlyDemuxOff: false }).join(), /^probes: .*port 80 fail in strict mode: set DISABLE_TCP_EARLY_DEMUX=true/);
  assert.match(advice({ probedPorts: [80, 8080] }).join(), /^probes: no rule of sg-pod admits the node \(sg-node\) to port 8080/);
  assert.match(advice({ node: undefined }).join(), /no rule of sg-pod admits/);
});

test("node ports with local traffic, in strict mode only", () => {
  assert.match(advice({ localServices: ["shop/web"] }).join(), /^Service: shop\/web has externalTrafficPolicy Local/);
  assert.deepEqual(advice({ mode: "standard", localServices: ["shop/web"], earlyDemuxOff: false, vpc: { rules: [] } }), []);
});
