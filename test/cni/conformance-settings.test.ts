// Section F: settings and what stops a start.
import assert from "node:assert/strict";
import { conflist } from "../../src/cni/datapath/conflist.ts";
import { answerPort } from "../../src/cni/ipamd/ports.ts";
import { entrypointProblem, ipamdProblem, mtuProblem, vethPrefixProblem } from "../../src/cni/settings/validate.ts";
import { type Environment, interfaceLimit, readSettings } from "../../src/cni/settings.ts";
import { awsNode, cniWorld, settled } from "./cni-world.ts";
import { conformance } from "./conformance.ts";
import { refuse, rig, settingsOf, settle, started } from "./rig.ts";

const V4 = { ENABLE_IPv4: "true" };
const V6 = { ENABLE_IPv6: "true" };
const PD = { ENABLE_PREFIX_DELEGATION: "true" };
const SGP = { ENABLE_POD_ENI: "true" };
const problem = (env: Environment, nitro = true) => ipamdProblem(readSettings(env), nitro);

conformance("F", {
  "F1 families, prefixes and types": () => {
    const valid = [V4, { ...V4, ...PD }, { ...V6, ...PD }, V6, { ...V4, ...V6 }].map((env) => problem(env) === undefined);
    assert.deepEqual(valid, [true, true, true, false, false]);
    assert.match(problem({ ...V6, ...PD }, false) ?? "", /non-nitro/);
    assert.equal(problem({ ...V6, ...PD, ...SGP }), undefined);
    assert.equal(problem({ ...V4, ...PD, ...SGP }), undefined);
    assert.match(problem({ ...V6, ...PD, AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "true" }) ?? "", /custom networking/);
    assert.match(problem({}) ?? "", /both disabled/);
  },
  "F2 prefix delegation on a type without prefixes runs with addresses": async () => {
    assert.equal(problem({ ...V4, ...PD }, false), undefined);
    const env = { ...PD, WARM_PREFIX_TARGET: "1" };
    const { ipamd, ec2 } = await started({ env, instance: { nitro: false, maxEnis: 3, ipv4PerEni: 12 } });
    assert.equal(ec2.get("eni-0").addresses.length, 11);
    assert.equal(ec2.get("eni-0").prefixes.length, 0);
    ipamd.close();
  },
  "F3 targets that are no numbers": () => {
    const warm = (text: string | undefined) => readSettings({ WARM_IP_TARGET: text }).warmIpTarget;
    assert.deepEqual(["5", undefined, "non-integer", "-1"].map(warm), [5, 0, 0, 0]);
    assert.equal(readSettings({ MINIMUM_IP_TARGET: "-5" }).minimumIpTarget, 0);
    assert.equal(readSettings({ WARM_PREFIX_TARGET: "x" }).warmPrefixTarget, 0);
    assert.deepEqual(
      ["-2", "x", "0", "4"].map((text) => readSettings({ WARM_ENI_TARGET: text }).warmEniTarget),
      [1, 1, 0, 4],
    );
  },
  "F4 MAX_ENI counts within the type's limit": () =>
    assert.deepEqual(
      ["0", "1", "4", "x", "-3"].map((text) => interfaceLimit(settingsOf({ MAX_ENI: text }), 3)),
      [3, 1, 3, 3, 3],
    ),
  "F6 the plugin chain": () => {
    const chains = [{}, { ENABLE_BANDWIDTH_PLUGIN: "true" }, { DISABLE_POD_V6: "true" }].map((env) => conflist(env, "10.0.0.5"));
    const both = conflist({ ENABLE_BANDWIDTH_PLUGIN: "true", DISABLE_POD_V6: "true", POD_MTU: "1500" }, "10.0.0.5") as any;
    assert.deepEqual(
      [...chains, both].map((each: any) => JSON.parse(JSON.stringify(each)).plugins.length),
      [3, 4, 4, 5],
    );
    const [aws, egress] = both.plugins;
    assert.deepEqual(
      [both.cniVersion, both.disableCheck, aws.mtu, aws.vethPrefix, egress.enabled],
      ["0.4.0", true, "1500", "eni", "false"],
    );
    const v6 = conflist(V6, "10.0.0.5") as any;
    assert.deepEqual([v6.plugins[1].enabled, v6.plugins[1].ipam.ranges[0][0].subnet], ["true", "169.254.172.0/22"]);
  },
  "F7 MTUs": () => {
    const good = (text: string, ipv6 = false) => mtuProblem("POD_MTU", text, ipv6) === undefined;
    assert.deepEqual(
      ["575", "576", "9001", "9002", "x"].map((text) => good(text)),
      [false, true, true, false, false],
    );
    assert.deepEqual([good("1279", true), good("1280", true)], [false, true]);
    assert.match(entrypointProblem({ ...V4, AWS_VPC_ENI_MTU: "575" }) ?? "", /AWS_VPC_ENI_MTU/);
  },
  "F8 prefix delegation without a warm setting": () => {
    const text = entrypointProblem({ ...V4, ...PD, WARM_PREFIX_TARGET: "0" });
    assert.match(text ?? "", /^Setting WARM_PREFIX_TARGET = 0 is not supported while WARM_IP_TARGET\/MINIMUM_IP_TARGET is not set/);
    for (const name of ["WARM_PREFIX_TARGET", "WARM_IP_TARGET", "MINIMUM_IP_TARGET"])
      assert.equal(entrypointProblem({ ...V4, ...PD, [name]: "1" }), undefined);
  },
  "F5 who listens": async () => {
    const listens = async (env: Environment, port: number, path = "/") => {
      const { ipamd, clock } = await started();
      ipamd.close();
      return answerPort({ ipamd, environment: env, eniConfig: () => undefined }, port, path, clock.now())?.status;
    };
    assert.equal(await listens({}, 61_679), 200);
    assert.equal(await listens({ DISABLE_INTROSPECTION: "true" }, 61_679), undefined);
    const elsewhere = { INTROSPECTION_BIND_ADDRESS: "127.0.0.1:8000" };
    assert.deepEqual([await listens(elsewhere, 61_679), await listens(elsewhere, 8000)], [undefined, 200]);
    assert.equal(await listens({ INTROSPECTION_BIND_ADDRESS: "unix:/run/ipamd" }, 61_679), undefined);
    assert.deepEqual([await listens({}, 61_678, "/metrics"), await listens({}, 61_678, "/")], [200, 404]);
    assert.equal(await listens({ DISABLE_METRICS: "true" }, 61_678, "/metrics"), undefined);
  },
  "F9 without the API server ipamd serves after half a minute": async () => {
    const made = cniWorld({ apiAnswers: () => false, maxPods: () => 5 });
    made.host.awsNodeChanged(awsNode("1"), true);
    await made.clock.step(29_000);
    assert.equal(made.host.notReady, "cni plugin not initialized");
    assert.equal(made.host.startFailure, "waiting for the API server");
    await made.clock.step(1000);
    await settled();
    assert.equal(made.host.notReady, undefined);
    assert.equal(made.host.ipamd?.limits.maxPods, 29, "of the file in the image");
    made.host.close();
    const reached = cniWorld({ maxPods: () => 5 });
    reached.host.awsNodeChanged(awsNode("1"), true);
    await settled();
    assert.equal(reached.host.ipamd?.limits.maxPods, 5, "of the node object");
    reached.host.close();
  },
  "F10 what needs the API server waits for it": async () => {
    for (const name of ["ENABLE_POD_ENI", "ANNOTATE_POD_IP"]) {
      let answers = false;
      const made = cniWorld({ apiAnswers: () => answers });
      made.host.awsNodeChanged(awsNode("1", { [name]: "true" }), true);
      await made.clock.step(600_000);
      assert.equal(made.host.notReady, "cni plugin not initialized");
      answers = true;
      await made.clock.step(2000);
      await settled();
      assert.equal(made.host.notReady, undefined);
      made.host.close();
    }
  },
  "F11 a role without the CNI policy is told by the call's name": async () => {
    const made = rig({ period: 0 });
    refuse(made.ec2, ["DescribeNetworkInterfaces"], "UnauthorizedOperation");
    await assert.rejects(settle(made.clock, made.ipamd.start([])), { code: "UnauthorizedOperation" });
    assert.deepEqual(made.refused, ["DescribeNetworkInterfaces"]);
  },
  "the entrypoint's other checks": () => {
    assert.equal(entrypointProblem(V4), undefined);
    for (const env of [
      { AWS_VPC_K8S_PLUGIN_LOG_FILE: "stdout" },
      { AWS_VPC_K8S_CNI_VETHPREFIX: "toolong" },
      { AWS_VPC_K8S_CNI_VETHPREFIX: "eth" },
      { POD_SECURITY_GROUP_ENFORCING_MODE: "lax" },
      { IP_COOLDOWN_PERIOD: "-1" },
      { IP_COOLDOWN_PERIOD: "soon" },
    ])
      assert.ok(entrypointProblem({ ...V4, ...env }), JSON.stringify(env));
    assert.deepEqual(
      ["eni", "veth", "", "vlan", "lo"].map((prefix) => vethPrefixProblem(prefix) === undefined),
      [true, true, false, false, false],
    );
  },
  "a network policy mode that does not exist": () => {
    for (const mode of ["", "standard", "strict", "none"]) assert.equal(problem({ ...V4, NETWORK_POLICY_ENFORCING_MODE: mode }), undefined);
    assert.match(problem({ ...V4, NETWORK_POLICY_ENFORCING_MODE: "lax" }) ?? "", /invalid network policy mode/);
  },
  "without provisioning EC2 is not changed": async () => {
    for (const name of ["DISABLE_NETWORK_RESOURCE_PROVISIONING", "ENABLE_IMDS_ONLY_MODE"]) {
      const { ipamd, ec2, clock } = await started({ env: { [name]: "true" } });
      await clock.step(4_000_000);
      assert.deepEqual(ec2.calls, []);
      ipamd.close();
    }
  },
  "booleans as Go reads them": () => {
    const read = (text: string) => readSettings({ ENABLE_SUBNET_DISCOVERY: text }).subnetDiscovery;
    assert.deepEqual(["0", "f", "F", "false", "False", "FALSE", "no", ""].map(read), [
      false,
      false,
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
  },
  "SNAT exclusions end where SNAT does": () => {
    const cidrs = { AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: "10.12.0.0/16, 10.13.0.0/16," };
    assert.deepEqual(settingsOf(cidrs).excludeSnatCidrs, ["10.12.0.0/16", "10.13.0.0/16"]);
    assert.deepEqual(settingsOf({ ...cidrs, AWS_VPC_K8S_CNI_EXTERNALSNAT: "true" }).excludeSnatCidrs, []);
  },
  "IPv6 serves pods from one /80 of the primary interface": async () => {
    const env = { ...V6, ...PD, ENABLE_IPv4: "false" };
    const { ipamd, ec2, assign } = await started({ env });
    assert.deepEqual(
      ec2.calls.filter((call) => call.startsWith("Assign")),
      ["AssignIpv6Addresses 1"],
    );
    const [prefix = ""] = ec2.get("eni-0").prefixes6;
    const addresses = [await assign("a"), await assign("b")];
    assert.deepEqual(addresses, [prefix.replace("/80", ""), prefix.replace("::/80", "::1")]);
    ipamd.close();
    const again = rig({ env, ec2 });
    await again.ipamd.start([]);
    assert.equal(ec2.get("eni-0").prefixes6.length, 1);
    again.ipamd.close();
  },
});
