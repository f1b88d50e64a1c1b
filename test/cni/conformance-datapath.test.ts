// Section I: links, routes, rules and chains, and the ways they lead packets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type BranchAttachment, branchPodPlan } from "../../src/cni/datapath/branch-pod.ts";
import { type HostInterface, hostRules, interfacePlan } from "../../src/cni/datapath/host.ts";
import { HostNetworkState } from "../../src/cni/datapath/host-network.ts";
import { formerInterfaceTable, hostVeth, interfaceTable } from "../../src/cni/datapath/names.ts";
import { type Chain, type ChainRule, type NatSettings, natChains } from "../../src/cni/datapath/nat.ts";
import { type PodAttachment, podPlan } from "../../src/cni/datapath/pod.ts";
import { hostState } from "../../src/cni/explain/host-view.ts";
import { list } from "../../src/cni/settings/parse.ts";
import { conformance } from "./conformance.ts";

const POD: PodAttachment = {
  ...{ namespace: "default", name: "sample-pod", address: "10.0.0.20", table: 254 },
  ...{ vethPrefix: "eni", hostMac: "0a:00:00:00:00:01", mtu: 9001 },
};
const VETH = "enicc21c2d7785";
const BRANCH: BranchAttachment = {
  ...POD,
  ...{ mode: "strict", vlanId: 7, branchMac: "02:00:00:00:00:07", trunkLink: "ens6", gateway: "10.0.0.1", eniMtu: 9001 },
};
const V6 = { address: "2001:db8::5" };
const HOST = { ipv6: false, nodePort: true, strictBranches: false, externalServiceCidrs: [] };
const NAT: NatSettings = { externalSnat: false, excludedCidrs: [], randomizeSnat: "prng", nodePort: true, vethPrefix: "eni" };
const FACTS = { primaryIp: "10.10.0.5", primaryLink: "ens5", vpcCidrs: ["10.10.0.0/16", "10.11.0.0/16"] };
const ETH2: HostInterface = {
  ...{ link: "ens7", mac: "02:00:00:00:00:02", device: 2, card: 0, primaryIp: "10.0.1.9", subnetCidr: "10.0.1.0/24" },
  ...{ gateway: "10.0.1.1", mtu: 9001 },
};

const hostRoutes = (plan: ReturnType<typeof podPlan>) => plan.routes.filter(({ place }) => place === "host");

/** A rule as iptables prints it, without its comment. */
function text({ destination, inInterface, notOutInterface, localDestination, action }: ChainRule): string {
  const parts = [
    ...(destination ? [`-d ${destination}`] : []),
    ...(inInterface ? [`-i ${inInterface}`] : []),
    ...(notOutInterface ? [`! -o ${notOutInterface}`] : []),
    ...(localDestination === undefined ? [] : [`${localDestination ? "" : "! "}--dst-type LOCAL`]),
  ];
  if (action.kind === "return") parts.push("RETURN");
  else if (action.kind === "jump") parts.push(action.chain);
  else if (action.kind === "snat") parts.push(`SNAT ${action.to} ${action.random}`.trim());
  else parts.push(`${action.kind} ${action.mark}`);
  return parts.join(" ");
}

function chain(chains: readonly Chain[], table: string, name: string): string[] | undefined {
  return chains.find((each) => each.table === table && each.name === name)?.rules.map(text);
}

const snat = (change: Partial<NatSettings>, vpcCidrs = FACTS.vpcCidrs) =>
  chain(natChains({ ...NAT, ...change }, { ...FACTS, vpcCidrs }), "nat", "AWS-SNAT-CHAIN-0");

conformance("I", {
  "I1 a pod of the primary interface": () => {
    const made = podPlan(POD);
    assert.deepEqual(hostRoutes(made), [{ place: "host", table: 254, destination: "10.0.0.20/32", device: VETH, scope: "link" }]);
    assert.deepEqual(made.rules, [{ priority: 512, to: "10.0.0.20/32", table: 254 }]);
    assert.deepEqual(made.neighbours, [{ place: "pod", device: "eth0", address: "169.254.1.1", mac: POD.hostMac }]);
    assert.deepEqual(made.addresses, [{ place: "pod", device: "eth0", cidr: "10.0.0.20/32" }]);
    assert.deepEqual(
      made.routes.filter(({ place }) => place === "pod").map(({ destination, via }) => [destination, via]),
      [
        ["169.254.1.1/32", undefined],
        ["0.0.0.0/0", "169.254.1.1"],
      ],
    );
  },
  "I2 a pod of device 3": () =>
    assert.deepEqual(podPlan({ ...POD, table: interfaceTable(3) }).rules, [
      { priority: 512, to: "10.0.0.20/32", table: 254 },
      { priority: 1536, from: "10.0.0.20/32", table: 4 },
    ]),
  "I3 what is there is replaced, what is not there is not missed": () => {
    const state = new HostNetworkState();
    const made = podPlan({ ...POD, table: 4 });
    state.apply(podPlan({ ...POD, table: 4, hostMac: "0a:00:00:00:00:99" }));
    state.apply(made);
    assert.equal(state.links.get(VETH)?.mac, POD.hostMac);
    assert.deepEqual([state.links.size, state.routes.length, state.rules.length], [1, 1, 2]);
    state.withdraw(made);
    state.withdraw(made);
    assert.deepEqual([state.links.size, state.routes.length, state.rules.length, state.sysctls.size], [0, 0, 0, 0]);
  },
  "I4 strict mode": () => {
    const made = branchPodPlan(BRANCH);
    const veth = "vlancc21c2d7785";
    assert.deepEqual(made.links.at(-1), {
      ...{ place: "host", name: "vlan.eth.7", kind: "vlan", mtu: 9001, mac: BRANCH.branchMac, vlanId: 7, parent: "ens6" },
    });
    assert.deepEqual(hostRoutes(made), [
      { place: "host", table: 107, destination: "10.0.0.1/32", device: "vlan.eth.7", scope: "link" },
      { place: "host", table: 107, destination: "0.0.0.0/0", device: "vlan.eth.7", via: "10.0.0.1" },
      { place: "host", table: 107, destination: "10.0.0.20/32", device: veth, scope: "link" },
    ]);
    assert.deepEqual(made.rules, [
      { priority: 10, iif: "vlan.eth.7", table: 107 },
      { priority: 10, iif: veth, table: 107 },
    ]);
  },
  "I5 standard mode": () => {
    const made = branchPodPlan({ ...BRANCH, mode: "standard" });
    assert.deepEqual(made.rules, [
      { priority: 512, to: "10.0.0.20/32", table: 254 },
      { priority: 1536, from: "10.0.0.20/32", table: 107 },
    ]);
    assert.deepEqual(hostRoutes(made).at(-1), { place: "host", table: 254, destination: "10.0.0.20/32", device: VETH, scope: "link" });
  },
  "I6 the same for IPv6": () => {
    const made = podPlan({ ...POD, ...V6 });
    assert.deepEqual(made.rules, [{ priority: 512, to: "2001:db8::5/128", table: 254 }]);
    assert.deepEqual(
      made.routes.filter(({ place }) => place === "pod").map(({ destination, via }) => [destination, via]),
      [
        ["fe80::1/128", undefined],
        ["::/0", "fe80::1"],
      ],
    );
    assert.deepEqual(podPlan({ ...POD, ...V6, table: 4 }).rules.at(-1), { priority: 1536, from: "2001:db8::5/128", table: 4 });
    const branch = branchPodPlan({ ...BRANCH, ...V6, gateway: "fe80:ec2::1" });
    assert.deepEqual(
      hostRoutes(branch).map(({ destination, via }) => [destination, via]),
      [
        ["fe80:ec2::1/128", undefined],
        ["::/0", "fe80:ec2::1"],
        ["2001:db8::5/128", undefined],
      ],
    );
    assert.equal(branchPodPlan({ ...BRANCH, ...V6, mode: "standard" }).rules.at(-1)?.table, 107);
  },
  "I7 the chains": () => {
    const quiet = natChains({ ...NAT, externalSnat: true, nodePort: false }, FACTS);
    assert.deepEqual(
      quiet.map(({ table, name, rules }) => [table, name, rules.map(text)]),
      [["mangle", "PREROUTING", ["-i eni+ restoreMark 0x80"]]],
    );
    assert.deepEqual(chain(natChains({ ...NAT, externalSnat: true }, FACTS), "mangle", "PREROUTING"), [
      "-i ens5 --dst-type LOCAL setMark 0x80/0x80",
      "-i eni+ restoreMark 0x80",
      "-i vlan+ restoreMark 0x80",
    ]);
    const full = natChains({ ...NAT, excludedCidrs: ["10.12.0.0/16", "10.13.0.0/16"] }, FACTS);
    const returns = ["10.13.0.0/16", "10.12.0.0/16", "10.11.0.0/16", "10.10.0.0/16"].map((cidr) => `-d ${cidr} RETURN`);
    assert.deepEqual(chain(full, "nat", "AWS-SNAT-CHAIN-0"), [...returns, "! -o vlan+ ! --dst-type LOCAL SNAT 10.10.0.5 --random-fully"]);
    assert.deepEqual(chain(full, "nat", "AWS-CONNMARK-CHAIN-0"), [...returns, "setMark 0x80/0x80"]);
    assert.deepEqual(chain(full, "nat", "POSTROUTING"), ["AWS-SNAT-CHAIN-0"]);
    assert.deepEqual(chain(full, "nat", "PREROUTING"), ["-i eni+ AWS-CONNMARK-CHAIN-0", "restoreMark 0x80"]);
    const comments = full.find(({ name }) => name === "AWS-SNAT-CHAIN-0")?.rules.map(({ comment }) => comment);
    assert.deepEqual(comments, [...Array(2).fill("AWS SNAT CHAIN EXCLUSION"), ...Array(2).fill("AWS SNAT CHAIN"), "AWS, SNAT"]);
  },
  "I8 everything excluded, twice": () => {
    const state = new HostNetworkState();
    for (let i = 0; i < 2; i++) state.applyChains(natChains({ ...NAT, excludedCidrs: ["0.0.0.0/0"] }, FACTS));
    assert.equal(chain(state.chains, "nat", "AWS-SNAT-CHAIN-0")?.[0], "RETURN");
    assert.equal(state.sourceOf({ from: "10.10.0.20", to: "1.1.1.1" }, "ens5"), "10.10.0.20");
  },
  "I9 a CIDR that left the VPC, and chains of old": () => {
    const state = new HostNetworkState();
    state.applyChains([...natChains(NAT, FACTS), { table: "nat", name: "AWS-SNAT-CHAIN-1", rules: [] }]);
    assert.ok(!state.chains.some(({ name }) => name === "AWS-SNAT-CHAIN-1"));
    state.applyChains(natChains(NAT, { ...FACTS, vpcCidrs: ["10.10.0.0/16"] }));
    assert.equal(state.sourceOf({ from: "10.10.0.20", to: "10.11.0.9" }, "ens5"), "10.10.0.5");
  },
  "I10 external SNAT switched on": () => {
    const state = new HostNetworkState();
    state.applyChains(natChains(NAT, FACTS));
    state.applyChains(natChains({ ...NAT, externalSnat: true }, FACTS));
    assert.deepEqual(
      state.chains.map(({ table }) => table),
      ["mangle"],
    );
    assert.equal(state.sourceOf({ from: "10.10.0.20", to: "1.1.1.1" }, "ens5"), "10.10.0.20");
  },
  "I11 another prefix": () => {
    const rules = natChains({ ...NAT, vethPrefix: "veth" }, FACTS).flatMap((each) => each.rules.map(text));
    assert.ok(rules.some((rule) => rule.startsWith("-i veth+")) && !rules.some((rule) => rule.includes("eni+")));
  },
  "I12 how ports are chosen": () =>
    assert.deepEqual(
      ["prng", "hashrandom", "none"].map((randomizeSnat) => snat({ randomizeSnat }, [])?.[0]?.split("10.10.0.5")[1]),
      [" --random-fully", " --random", ""],
    ),
  "I13 external services": () => {
    const to = (cidrs: string) =>
      hostRules({ ...HOST, externalServiceCidrs: list(cidrs) })
        .filter(({ priority }) => priority === 1535)
        .map((rule) => rule.to);
    assert.deepEqual(to("10.0.0.0/32, 10.0.0.1/32, 2000::1/128"), ["10.0.0.0/32", "10.0.0.1/32"]);
    assert.deepEqual(to("10.0.0.0"), []);
    assert.deepEqual(to("10.0.0.0/32,abcd"), ["10.0.0.0/32"]);
  },
  "I14 tables": () => {
    assert.deepEqual([interfaceTable(0), interfaceTable(1), interfaceTable(1, 1), interfaceTable(3, 2)], [254, 2, 10_101, 10_203]);
    assert.equal(formerInterfaceTable(1, 1, 8), 10);
  },
  "I15 strict mode at the start": () => {
    const priorities = (change: object) => hostRules({ ...HOST, ...change }).filter(({ table }) => table === "local");
    assert.deepEqual(priorities({}), [{ priority: 0, table: "local" }]);
    assert.deepEqual(priorities({ strictBranches: true }), [{ priority: 20, table: "local" }]);
    assert.deepEqual(priorities({ strictBranches: true, ipv6: true }), [
      { priority: 0, from: "fe80:ec2::1", protocol: "icmpv6", table: "local" },
      { priority: 20, table: "local" },
    ]);
  },
});

test("packets of a node with a pod on each interface", () => {
  const state = new HostNetworkState();
  state.apply({ ...interfacePlan(ETH2), rules: [...interfacePlan(ETH2).rules, ...hostRules(HOST)] });
  const primary = { place: "host", table: 254, destination: "0.0.0.0/0", device: "ens5", via: "10.0.0.1" } as const;
  state.apply({ ...podPlan(POD), routes: [...podPlan(POD).routes, primary] });
  const other = { ...POD, name: "other", address: "10.0.1.30", table: interfaceTable(2) };
  state.apply(podPlan(other));
  const way = (from: string, to: string, more = {}) => {
    const path = state.route({ from, to, ...more });
    return [path?.rule.priority, path?.route.device];
  };
  assert.deepEqual(way("10.0.0.20", "1.1.1.1"), [32_766, "ens5"], "by the primary interface");
  assert.deepEqual(way("10.0.1.30", "1.1.1.1"), [1536, "ens7"], "by the pod's own interface");
  assert.deepEqual(way("10.0.1.30", "10.0.0.20"), [512, VETH], "pod to pod on the node");
  assert.deepEqual(way("10.0.1.9", "1.1.1.1"), [32_765, "ens7"], "the interface's primary address");
  assert.deepEqual(way("10.0.1.30", "1.1.1.1", { marked: true }), [1024, "ens5"], "answers to a node port");
  state.apply(branchPodPlan({ ...BRANCH, name: "guarded", address: "10.0.0.77" }));
  const guarded = hostVeth("vlan", "default", "guarded");
  assert.deepEqual(way("10.0.0.77", "10.0.0.20", { iif: guarded }), [10, "vlan.eth.7"], "strict: even to a neighbour by the VLAN");
  assert.equal(new HostNetworkState().route({ from: "10.0.0.20", to: "1.1.1.1" }), undefined);
});

test("a trunk has no rule for its own address", () => {
  assert.deepEqual(interfacePlan({ ...ETH2, isTrunk: true }).rules, []);
  assert.deepEqual(interfacePlan(ETH2).addresses, [{ place: "host", device: "ens7", cidr: "10.0.1.9/24" }]);
});

test("only traffic that leaves the VPC is translated", () => {
  const state = new HostNetworkState();
  state.applyChains(natChains(NAT, FACTS));
  const source = (to: string, link = "ens5") => state.sourceOf({ from: "10.10.0.20", to }, link);
  assert.deepEqual([source("10.11.4.4"), source("1.1.1.1"), source("1.1.1.1", "vlan.eth.7")], ["10.10.0.20", "10.10.0.5", "10.10.0.20"]);
});

test("settings that bear on the host reach its kernel", () => {
  const eth0 = {
    id: "eni-0",
    device: 0,
    card: 0,
    mac: "02:00:00:00:00:00",
    primaryIp: "10.0.0.5",
    subnetCidr: "10.0.0.0/24",
    isTrunk: false,
  };
  const pods = [{ namespace: "default", name: "sample-pod", address: "10.0.0.20", eniId: "eni-0" }];
  const kernel = (environment: Record<string, string>, initEnvironment = {}) =>
    hostState({ environment: { ENABLE_IPv4: "true", ...environment }, initEnvironment, vpcCidrs: ["10.0.0.0/16"], enis: [eth0], pods });
  const usual = kernel({});
  assert.deepEqual(
    [usual.sysctls.get("net.ipv4.tcp_early_demux"), usual.sysctls.get("net.ipv4.conf.eth0.rp_filter"), usual.links.get(VETH)?.mtu],
    ["1", "2", 9001],
  );
  const marks = (connmark: string) => {
    const { rules, chains } = kernel({ AWS_VPC_K8S_CNI_CONNMARK: connmark });
    return [
      rules.find(({ priority }) => priority === 1024)?.mark,
      chain(chains, "nat", "AWS-CONNMARK-CHAIN-0")?.at(-1),
      chain(chains, "mangle", "PREROUTING")?.[1],
    ];
  };
  assert.deepEqual(marks("0x100"), ["0x100/0x100", "setMark 0x100/0x100", "-i eni+ restoreMark 0x100"]);
  assert.deepEqual(marks("64"), ["0x40/0x40", "setMark 0x40/0x40", "-i eni+ restoreMark 0x40"]);
  assert.deepEqual(marks("much")[0], "0x80/0x80");
  const old = { ...pods[0]!, setUp: { vethPrefix: "veth", mtu: 1400 } };
  const kept = hostState({ environment: { ENABLE_IPv4: "true" }, vpcCidrs: [], enis: [eth0], pods: [old] });
  assert.equal(kept.links.get("vethcc21c2d7785")?.mtu, 1400, "as it was set up");
  const changed = kernel(
    { AWS_VPC_ENI_MTU: "8000", POD_MTU: "1500", AWS_VPC_CNI_NODE_PORT_SUPPORT: "false", AWS_VPC_K8S_CNI_RANDOMIZESNAT: "none" },
    { DISABLE_TCP_EARLY_DEMUX: "true" },
  );
  assert.deepEqual([changed.links.get("eth0")?.mtu, changed.links.get(VETH)?.mtu], [8000, 1500]);
  assert.equal(changed.sysctls.get("net.ipv4.tcp_early_demux"), "0");
  assert.equal(
    changed.rules.find(({ priority }) => priority === 1024),
    undefined,
  );
  assert.equal(chain(changed.chains, "nat", "AWS-SNAT-CHAIN-0")?.at(-1), "! -o vlan+ ! --dst-type LOCAL SNAT 10.0.0.5");
});
