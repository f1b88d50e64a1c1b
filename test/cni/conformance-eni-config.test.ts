// Section K: custom networking.
import assert from "node:assert/strict";
import { chooseEniConfig, eniConfigName } from "../../src/cni/ipamd/eni-config.ts";
import type { Environment } from "../../src/cni/settings.ts";
import { FakeEc2 } from "../support/fake-ec2.ts";
import { conformance } from "./conformance.ts";
import { rig, settingsOf, settle, started } from "./rig.ts";

const KEY = "k8s.amazonaws.com/eniConfig";
const EXTERNAL = "vpc.amazonaws.com/externalEniConfig";
const ON = { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "true" };
type Marks = Record<string, string>;

const zone = { ENI_CONFIG_LABEL_DEF: "topology.kubernetes.io/zone" };
const sources: [Environment, Marks, Marks][] = [
  [{}, { [KEY]: "az1" }, {}],
  [zone, { "topology.kubernetes.io/zone": "az1" }, {}],
  [{}, {}, { [KEY]: "az1" }],
  [{ ENI_CONFIG_ANNOTATION_DEF: "my/config" }, {}, { "my/config": "az1" }],
  [{}, { [EXTERNAL]: "az1" }, {}],
];

function ec2(): FakeEc2 {
  const made = new FakeEc2();
  made.addSubnet("subnet-az1", "100.64.0.0", 4096);
  return made;
}

conformance("K", {
  "K1 where the name comes from": () => {
    const config = { subnetId: "subnet-az1", securityGroups: [] };
    for (const [env, labels, annotations] of sources)
      assert.equal(
        chooseEniConfig(settingsOf(env), { labels, annotations }, (name) => (name === "az1" ? config : undefined)),
        config,
      );
  },
  "K2 a name without an object is an error": () => {
    for (const [env, labels, annotations] of sources)
      assert.throws(
        () =>
          chooseEniConfig(settingsOf(env), { labels, annotations }, (name) =>
            name === "default" ? { subnetId: "s", securityGroups: [] } : undefined,
          ),
        /"az1" not found/,
      );
  },
  "K3 which wins": () => {
    const labels = { [KEY]: "label" };
    const annotations = { [KEY]: "annotation" };
    assert.equal(eniConfigName(settingsOf({}), { labels, annotations }), "annotation");
    assert.equal(eniConfigName(settingsOf({}), { labels: { ...labels, [EXTERNAL]: "external" }, annotations }), "external");
  },
  "K4 the default": () => assert.equal(eniConfigName(settingsOf({}), { labels: {}, annotations: {} }), "default"),
  "K5 without groups the primary interface's": async () => {
    const made = await started({ env: ON, ec2: ec2(), eniConfig: () => ({ subnetId: "subnet-az1", securityGroups: [] }) });
    assert.deepEqual(made.ec2.get("eni-1").groups, ["sg-1"]);
    assert.match(await made.assign("a"), /^100\.64\./);
    made.ipamd.close();
  },
  "K6 a node without an ENIConfig does not start": async () => {
    const made = rig({
      env: ON,
      ec2: ec2(),
      eniConfig: () => {
        throw new Error('eniconfigs.crd.k8s.amazonaws.com "default" not found');
      },
    });
    await assert.rejects(settle(made.clock, made.ipamd.start([])), /"default" not found/);
    made.ipamd.close();
  },
  "addresses of the primary interface serve no pods": async () => {
    const made = rig({ env: ON, ec2: ec2(), eniConfig: () => ({ subnetId: "subnet-az1", securityGroups: ["sg-9"] }) });
    made.ec2.give("eni-0", { addresses: 2 });
    await settle(made.clock, made.ipamd.start([]));
    await made.clock.step(130_000);
    assert.equal(made.ipamd.store.enis.get("eni-0")?.cidrs.size, 0);
    assert.equal(made.ec2.get("eni-0").addresses.length, 2);
    assert.match(await made.assign("a"), /^100\.64\./);
    made.ipamd.close();
  },
  "an empty pool stops the start": async () => {
    const made = rig({ env: ON, ec2: ec2(), instance: { maxEnis: 1 }, eniConfig: () => ({ subnetId: "subnet-az1", securityGroups: [] }) });
    await assert.rejects(made.ipamd.start([]), { message: "Failed to attach any ENIs for custom networking" });
    made.ipamd.close();
  },
});
