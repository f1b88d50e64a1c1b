// Section D: tags, the sweep for leaked interfaces, which interfaces are ipamd's.
import assert from "node:assert/strict";
import { AwsError } from "../../src/aws/errors.ts";
import { tagAnswer, unmanagedInterfaces } from "../../src/cni/ipamd/classify.ts";
import { describeAll, missingInterfaceId } from "../../src/cni/ipamd/describe-all.ts";
import { interfaceTags, newInterfaceTags } from "../../src/cni/ipamd/tags.ts";
import { isTrunkCapable } from "../../src/cni/ipamd/trunk.ts";
import type { Environment } from "../../src/cni/settings.ts";
import { FakeEc2 } from "../support/fake-ec2.ts";
import { conformance } from "./conformance.ts";
import { attached, refuse, rig, settingsOf, started } from "./rig.ts";

const INSTANCE = "node.k8s.amazonaws.com/instance_id";
const CREATED = "node.k8s.amazonaws.com/createdAt";
const NO_MANAGE = "node.k8s.amazonaws.com/no_manage";
type Tags = Record<string, string>;

/** Ids of the unmanaged among a primary interface and eni-2, eni-3 with tags; `answer` false: EC2's answer about tags is empty. */
async function unmanaged(env: Environment, tags: Record<"eni-0" | "eni-2" | "eni-3", Tags>, answer = true): Promise<string[]> {
  const ec2 = new FakeEc2();
  ec2.get("eni-0").tags = tags["eni-0"];
  const ids = new Map([2, 3].map((index) => [attached(ec2, index, tags[`eni-${index as 2 | 3}`]), String(index)]));
  const interfaces = await ec2.interfacesOf("i-1");
  const found = unmanagedInterfaces(interfaces, answer ? tagAnswer(interfaces) : new Map(), settingsOf(env), "i-1");
  return [...found].map((id) => ids.get(id) ?? id).sort();
}

const bare = { "eni-0": { name: "x" }, "eni-2": {}, "eni-3": {} };
const refused = { [NO_MANAGE]: "true" };
const classified: Record<"eni-0" | "eni-2" | "eni-3", Tags>[] = [
  { ...bare, "eni-0": refused, "eni-2": { [INSTANCE]: "i-1" }, "eni-3": { [INSTANCE]: "i-1" } },
  { ...bare, "eni-2": refused, "eni-3": refused },
  { ...bare, "eni-2": refused, "eni-3": { [NO_MANAGE]: "false" } },
  { ...bare, "eni-2": refused, "eni-3": { [INSTANCE]: "i-1" } },
  { ...bare, "eni-2": { [INSTANCE]: "i-9" }, "eni-3": { [INSTANCE]: "i-1" } },
];

/** Makes an unattached interface and lets an ipamd sweep. */
async function swept(description: string, tags: Tags, env: Environment = {}) {
  const made = await started({ env });
  const { ec2, clock, ipamd } = made;
  const eni = await ec2.createInterface({ subnetId: "subnet-1", groups: [], description, tags: { [INSTANCE]: "i-2", ...tags } });
  await clock.step(300_000);
  ipamd.close();
  return { there: ec2.interfaces.has(eni.id), tags: ec2.interfaces.get(eni.id)?.tags, calls: ec2.calls };
}

conformance("D", {
  "D1 tags of an interface": () => {
    const own = { [INSTANCE]: "i-1" };
    assert.deepEqual(interfaceTags(settingsOf({}), "i-1"), own);
    const cluster = { "cluster.k8s.amazonaws.com/name": "dev", "eks:eni:owner": "amazon-vpc-cni" };
    assert.deepEqual(interfaceTags(settingsOf({ CLUSTER_NAME: "dev" }), "i-1"), { ...own, ...cluster });
    const all = newInterfaceTags(settingsOf({ CLUSTER_NAME: "dev", ADDITIONAL_ENI_TAGS: '{"team":"a"}' }), "i-1", Date.UTC(2026, 0, 1));
    assert.deepEqual(all, { ...own, ...cluster, team: "a", [CREATED]: "2026-01-01T00:00:00Z" });
  },
  "D2 additional tags": () => {
    const read = (text: string) => settingsOf({ ADDITIONAL_ENI_TAGS: text }).additionalTags;
    assert.deepEqual(read(""), {});
    assert.deepEqual(read('{"tagKey1":"tagVal1"}'), { tagKey1: "tagVal1" });
    assert.deepEqual(read("xxxx"), {});
    assert.deepEqual(read('{"bla.k8s.amazonaws.com":"bla"}'), {});
    assert.deepEqual(read('{"bla.k8s.amazonaws.com":"bla","tagKey1":"tagVal1"}'), { tagKey1: "tagVal1" });
  },
  "D3 only missing tags are written, again if need be": async () => {
    for (const [present, wanted, failures] of [
      [{}, 1, 0],
      [{ [INSTANCE]: "i-1", "cluster.k8s.amazonaws.com/name": "dev", "eks:eni:owner": "amazon-vpc-cni" }, 0, 0],
      [{ [INSTANCE]: "i-1" }, 1, 0],
      [{}, 3, 2],
    ] as const) {
      const ec2 = new FakeEc2();
      ec2.get("eni-0").tags = { ...present };
      let written: unknown;
      let left: number = failures;
      ec2.fail = (operation, tags) => {
        if (operation !== "CreateTags") return;
        written = tags;
        if (left-- > 0) throw new Error("InternalError");
      };
      const { ipamd } = await started({ ec2, env: { CLUSTER_NAME: "dev" } });
      assert.equal(ec2.calls.filter((call) => call.startsWith("CreateTags")).length, wanted);
      if (wanted > 0)
        assert.deepEqual(
          Object.keys(written as object).filter((key) => Object.hasOwn(present, key)),
          [],
        );
      assert.deepEqual(ec2.get("eni-0").tags["eks:eni:owner"], "amazon-vpc-cni");
      ipamd.close();
    }
  },
  "D4 what the sweep deletes": async () => {
    const old = { [CREATED]: "2025-12-31T00:00:00Z" };
    assert.equal((await swept("somebody's", old)).there, true);
    assert.equal((await swept("aws-K8S-i-2", { [CREATED]: "2026-01-01T00:04:00Z" })).there, true);
    const unstamped = await swept("aws-K8S-i-2", {});
    assert.match(unstamped.tags?.[CREATED] ?? "", /^2026-01-01T00:0\d:\d\dZ$/);
    assert.equal((await swept("aws-K8S-i-2", old)).there, false);
  },
  "D5 the sweep looks at its own cluster": async () => {
    const old = { [CREATED]: "2025-12-31T00:00:00Z" };
    const { there, calls } = await swept("aws-K8S-i-2", { ...old, "cluster.k8s.amazonaws.com/name": "other" }, { CLUSTER_NAME: "dev" });
    assert.equal(there, true);
    assert.ok(calls.includes("unusedInterfaces dev"));
  },
  "D6 no sweep under IPv6 or when it is switched off": async () => {
    for (const env of [
      { DISABLE_LEAKED_ENI_CLEANUP: "true" },
      { ENABLE_IPv4: "false", ENABLE_IPv6: "true", ENABLE_PREFIX_DELEGATION: "true" },
      { ENABLE_IMDS_ONLY_MODE: "true" },
    ]) {
      const { ipamd, ec2, clock } = await started({ env });
      await clock.step(4_000_000);
      assert.equal(ec2.calls.filter((call) => call.startsWith("unused")).length, 0);
      ipamd.close();
    }
  },
  "D7 interfaces without tags are managed by default": async () => {
    assert.deepEqual(await unmanaged({}, { ...bare, "eni-2": refused }, false), []);
    const answers = [];
    for (const tags of classified) answers.push(await unmanaged({}, tags));
    assert.deepEqual(answers, [[], ["2", "3"], ["2"], ["2"], []]);
  },
  "D8 or not": async () => {
    const env = { MANAGE_UNTAGGED_ENI: "false" };
    assert.deepEqual(await unmanaged(env, bare, false), []);
    const answers = [];
    for (const tags of classified) answers.push(await unmanaged(env, tags));
    assert.deepEqual(answers, [[], ["2", "3"], ["2"], ["2"], ["2"]]);
    assert.deepEqual(await unmanaged(env, bare), ["2", "3"]);
    const ec2 = new FakeEc2();
    const id = attached(ec2, 2);
    const before = new Set([id]);
    assert.deepEqual(unmanagedInterfaces(await ec2.interfacesOf("i-1"), new Map(), settingsOf({}), "i-1", before), before);
  },
  "D9 an efa-only interface is not ipamd's": async () => {
    const ec2 = new FakeEc2();
    const id = attached(ec2, 1);
    ec2.get(id).type = "efa-only";
    const { ipamd } = await started({ ec2 });
    assert.deepEqual([ipamd.store.enis.has(id), ipamd.unmanaged.has(id)], [false, true]);
    ipamd.close();
  },
  "D10 an interface EC2 does not know any more": async () => {
    const gone = "The networkInterface ID 'eni-00000088' does not exist";
    assert.equal(missingInterfaceId(gone), "eni-00000088");
    assert.equal(missingInterfaceId("The networkInterface ID eni-00000088 does not exist"), "");
    const asked: string[][] = [];
    const { ec2 } = await started();
    const describe = async (ids: readonly string[]) => {
      asked.push([...ids]);
      return ec2.describe(ids);
    };
    const found = await describeAll({ describe }, ["eni-00000088", "eni-0"]);
    assert.deepEqual(
      found.map(({ id }) => id),
      ["eni-0"],
    );
    assert.deepEqual(asked, [["eni-00000088", "eni-0"], ["eni-0"]]);
    assert.deepEqual(await describeAll({ describe }, ["eni-00000088"]), []);
    const vague = async () => Promise.reject(new AwsError("InvalidNetworkInterfaceID.NotFound", "some ID does not exist"));
    await assert.rejects(describeAll({ describe: vague }, ["eni-0"]), { code: "InvalidNetworkInterfaceID.NotFound" });
  },
  "D11 types that carry a trunk": () =>
    assert.deepEqual(["m8g.12xlarge", "i3.2xlarge", "anyFamily.anyType"].map(isTrunkCapable), [true, false, true]),
  "D- unmanaged interfaces take slots": async () => {
    const ec2 = new FakeEc2();
    attached(ec2, 1, { [NO_MANAGE]: "true" });
    const { ipamd, assign, rest } = await started({ ec2, instance: { maxEnis: 3, ipv4PerEni: 2 }, env: { WARM_ENI_TARGET: "5" } });
    await assign("a");
    await rest();
    assert.equal(ipamd.store.enis.size, 2);
    ipamd.close();
  },
  "D- a trunk's slot is kept free": async () => {
    const env = { WARM_ENI_TARGET: "5", ENABLE_POD_ENI: "true" };
    for (const [trunkCapable, enis] of [
      [true, 2],
      [false, 3],
    ] as const) {
      const { ipamd } = await started({ instance: { maxEnis: 3, trunkCapable }, env });
      assert.equal(ipamd.store.enis.size, enis);
      ipamd.close();
    }
  },
  "D- a node that may not tag does not start": async () => {
    const made = rig({ period: 0 });
    refuse(made.ec2, ["CreateTags"], "UnauthorizedOperation");
    await assert.rejects(made.ipamd.start([]), { code: "UnauthorizedOperation" });
    assert.deepEqual(new Set(made.refused), new Set(["CreateTags"]));
  },
});
