// Section E: which subnets serve pods.
import assert from "node:assert/strict";
import { candidateSubnets, isExcluded, isValidForNew, NO_VALID_SUBNETS, subnetsToTry } from "../../src/cni/ipamd/subnet-choice.ts";
import { FakeEc2 } from "../support/fake-ec2.ts";
import { conformance } from "./conformance.ts";
import { refuse, rig, settingsOf, settle, started } from "./rig.ts";

const ROLE = "kubernetes.io/role/cni";
const OURS = { "cni.networking.k8s.aws/cluster/dev": "" };
const FOREIGN = { "cni.networking.k8s.aws/cluster/other": "shared" };
type Tags = Record<string, string>;

const fits = (tags: Tags, isNode: boolean, cluster: string | undefined = "dev") =>
  isValidForNew({ id: "s", available: 1, tags }, isNode, cluster);
const excluded = (tags: Tags) => isExcluded([{ id: "s", available: 1, tags }], "s", "dev");
const facts = { instanceId: "i-1", vpcId: "vpc-1", zone: "a", subnetId: "subnet-1", maxEnis: 3, ipv4PerEni: 10, nitro: true };

/** A small node subnet and a bigger tagged one. */
function twoSubnets(tags: Tags = { [ROLE]: "1" }): FakeEc2 {
  const ec2 = new FakeEc2(200);
  ec2.addSubnet("subnet-2", "10.1.0.0", 1024, tags);
  return ec2;
}

async function subnetOfNext(ec2: FakeEc2, env = {}): Promise<string> {
  const { ipamd, assign, rest } = await started({ ec2, env });
  await assign("a");
  await rest();
  ipamd.close();
  return ec2.get([...ec2.interfaces.keys()].at(-1)!).subnetId;
}

conformance("E", {
  "E1 the node's subnet for a new interface": () =>
    assert.deepEqual(
      [{ [ROLE]: "0" }, { [ROLE]: "1" }, { [ROLE]: "" }, {}].map((tags) => fits(tags as Tags, true)),
      [false, true, true, true],
    ),
  "E2 another subnet for a new interface": () =>
    assert.deepEqual(
      [{}, { [ROLE]: "0" }, { [ROLE]: "1" }, { [ROLE]: "true" }].map((tags) => fits(tags as Tags, false)),
      [false, false, true, true],
    ),
  "E3 cluster tags decide": () =>
    assert.deepEqual(
      [FOREIGN, { ...OURS, ...FOREIGN }, {}].map((tags) => fits({ [ROLE]: "1", ...tags }, false)),
      [false, true, true],
    ),
  "E4 our cluster's tag alone is not enough": () => assert.equal(fits(OURS, false), false),
  "E5 the node's subnet without the role tag": () => assert.equal(fits(FOREIGN, true), true),
  "E6 without a cluster name every cluster fits": () => {
    assert.equal(fits({ [ROLE]: "1", ...FOREIGN }, false, ""), true);
    assert.equal(isValidForNew({ id: "s", available: 1, tags: { [ROLE]: "1", ...FOREIGN } }, false, settingsOf({}).clusterName), true);
  },
  "E7 subnets of interfaces that exist": async () => {
    const one = { [ROLE]: "1" };
    const answers = [{ [ROLE]: "0" }, one, {}, { ...one, ...FOREIGN }, { ...one, ...OURS }, FOREIGN, { [ROLE]: "0", ...OURS }];
    assert.deepEqual(
      answers.map((tags) => excluded(tags as Tags)),
      [true, false, false, true, false, false, true],
    );
    const ec2 = new FakeEc2();
    refuse(ec2, ["DescribeSubnets"], "InternalError");
    await assert.rejects(subnetsToTry(settingsOf({ ENABLE_SUBNET_DISCOVERY: "false" }), facts, ec2), { code: "InternalError" });
    assert.equal(isExcluded([], "s", "dev"), false);
  },
  "E8 the subnet with most free addresses": async () => {
    assert.equal(await subnetOfNext(twoSubnets()), "subnet-2");
    const same = ["a", "b"].map((id) => ({ id, available: 7, tags: { [ROLE]: "1" } }));
    assert.deepEqual(candidateSubnets(same, "a", undefined), ["a", "b"]);
  },
  "E9 a role that may not list subnets": async () => {
    const ec2 = twoSubnets();
    refuse(ec2, ["DescribeSubnets"], "UnauthorizedOperation");
    assert.equal(await subnetOfNext(ec2), "subnet-1");
  },
  "E10 without discovery": async () => {
    const ec2 = twoSubnets();
    assert.equal(await subnetOfNext(ec2, { ENABLE_SUBNET_DISCOVERY: "false" }), "subnet-1");
    const excludedNode = twoSubnets();
    excludedNode.subnetsById.get("subnet-1")!.tags = { [ROLE]: "0" };
    const { ipamd, warnings } = await started({ ec2: excludedNode, env: { ENABLE_SUBNET_DISCOVERY: "false" } }).catch((error) => {
      assert.equal(error.message, NO_VALID_SUBNETS);
      return { ipamd: undefined, warnings: [] };
    });
    ipamd?.close();
    assert.equal(excludedNode.interfaces.size, 1);
    assert.deepEqual(warnings, []);
  },
  "E11 the node's subnet excluded before the start": async () => {
    const ec2 = twoSubnets();
    ec2.subnetsById.get("subnet-1")!.tags = { [ROLE]: "0" };
    const { ipamd, assign } = await started({ ec2 });
    assert.match(await assign("a"), /^10\.1\./);
    ipamd.close();
  },
  "or during its life, the other half of E11": async () => {
    const ec2 = twoSubnets();
    const { ipamd, assign, clock, unassign } = await started({ ec2, env: { WARM_ENI_TARGET: "0" } });
    const first = await assign("old");
    assert.match(first, /^10\.0\./);
    ec2.subnetsById.get("subnet-1")!.tags = { [ROLE]: "0" };
    await clock.step(70_000);
    assert.equal(await assign("old"), first);
    for (let i = 0; i < 5; i++) assert.match(await assign(`new${i}`), /^10\.1\./);
    assert.deepEqual(ec2.get("eni-0").addresses, [first]);
    unassign("old");
    await clock.step(10_000);
    assert.deepEqual(ec2.get("eni-0").addresses, []);
    ipamd.close();
  },
  "E12 no subnet may be used": async () => {
    const made = rig({ instance: { ipv4PerEni: 2 } });
    const { ec2, ipamd, clock } = made;
    ec2.give("eni-0", { addresses: 1 });
    await settle(clock, ipamd.start([]));
    await made.assign("a");
    ec2.subnetsById.get("subnet-1")!.tags = { [ROLE]: "0" };
    const before = made.warnings.length;
    await ipamd.manage();
    assert.deepEqual(made.warnings.slice(before), [`pool did not grow: ${NO_VALID_SUBNETS}`]);
    await assert.rejects(made.assign("b"), { message: "AssignPodIPAddress: no available IP/Prefix addresses" });
    ipamd.close();
  },
});
