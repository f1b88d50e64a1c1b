import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeFacts, PodFacts, WindowsFacts } from "./address-facts.ts";
import { explainNoAddress } from "./no-address.ts";

const POD: PodFacts = {
  ...{ namespace: "default", name: "app", phase: "Pending", node: "w1", address: undefined },
  ...{ hostNetwork: false, wantsBranch: false, wantsWindowsAddress: true },
};
const NODE: NodeFacts = {
  ...{ name: "w1", ready: true, condition: "", cordoned: false, fargate: false, instanceType: "m5.large" },
  ...{ maxPods: 9, pods: 1, awsNode: undefined, branches: 0 },
};

/** Pod, node, what Windows says, and the step it ends at with its text. */
const CASES: [pod: Partial<PodFacts>, node: Partial<NodeFacts>, windows: WindowsFacts, step: string, text: RegExp][] = [
  [{}, { ready: false, condition: "booting" }, { ipam: true }, "node", /NotReady: booting/],
  [{}, {}, { ipam: false }, "windows-ipam", /enable-windows-ipam is not "true" .*make the pod anew/],
  [{ wantsWindowsAddress: false }, {}, { ipam: true }, "resource", /without nodeSelector kubernetes.io\/os=windows/],
  [{}, {}, { ipam: true, refusal: "UnauthorizedOperation: no" }, "permissions", /attach AmazonEKSVPCResourceController/],
  [{}, {}, { ipam: true, refusal: "no free cidr blocks" }, "pool", /no more addresses: no free cidr blocks/],
  [{ sandbox: "Warm pool is empty" }, {}, { ipam: true }, "pool", /waits for an address of the node's pool; Warm pool is empty/],
];

for (const [pod, node, windows, step, text] of CASES)
  test(`a Windows pod without an address: ${step}, ${text.source}`, () => {
    const last = explainNoAddress({ ...POD, ...pod }, { ...NODE, ...node, windows }, undefined, 0).at(-1);
    assert.equal(last?.step, step);
    assert.equal(last?.verdict, "fails");
    assert.match(last?.text ?? "", text);
  });
