// The catalogue's own consistency, and what a new cluster begins with.
import assert from "node:assert/strict";
import { test } from "node:test";
import { minorVersion } from "../../../clusters/versions.ts";
import { addonInfo, findAddon, findMarketplaceAddon, isOffered, publishedAddons } from "./catalogue.ts";
import { atLeast, compareVersions, versionParts } from "./versions.ts";

const MINORS = [28, 29, 30, 31, 32, 33, 34, 35, 36].map((minor) => `1.${minor}`);

test("every default is offered, and every add-on has one wherever it has versions", () => {
  for (const facts of publishedAddons()) {
    for (const minor of MINORS) {
      const versions = addonInfo(facts, [minor]).addonVersions ?? [];
      const defaults = versions.filter(({ compatibilities }) => compatibilities?.[0]?.defaultVersion);
      assert.equal(defaults.length, versions.length > 0 ? 1 : 0, `${facts.name} for ${minor}`);
      assert.ok(versions.length === 0 || isOffered(facts, facts.defaults[minor]!, minor));
    }
  }
});

test("versions come newest first", () => {
  for (const { name, versions } of publishedAddons()) {
    const order = versions.map(([version]) => version);
    assert.deepEqual(
      order,
      [...order].sort((a, b) => compareVersions(b, a)),
      name,
    );
  }
});

test("a new cluster's self-managed add-ons are the defaults, so that they can be adopted as they are", () => {
  for (const minor of MINORS.slice(2)) {
    const { coredns, kubeProxy, vpcCni } = minorVersion(minor);
    assert.deepEqual(
      [coredns, kubeProxy, vpcCni],
      ["coredns", "kube-proxy", "vpc-cni"].map((name) => findAddon(name)?.defaults[minor]),
      minor,
    );
  }
});

test("kube-proxy is offered for its own minor and the three newer ones", () => {
  const facts = findAddon("kube-proxy")!;
  for (const [version, ...minors] of facts.versions) {
    const own = versionParts(version)[1];
    assert.ok(
      minors.every((minor) => minor >= own && minor <= own + 3),
      version,
    );
  }
});

test("names are found in any case; marketplace add-ons are apart", () => {
  assert.equal(findAddon("CoreDNS")?.name, "coredns");
  assert.equal(findAddon("datadog_operator"), undefined);
  assert.equal(findMarketplaceAddon("Datadog_Operator")?.publisher, "Datadog");
  assert.equal(findAddon("constructor"), undefined);
});

test("versions compare by number", () => {
  assert.ok(compareVersions("v1.9.3-eksbuild.9", "v1.10.1-eksbuild.2") < 0);
  assert.ok(compareVersions("v1.10.1-eksbuild.11", "v1.10.1-eksbuild.2") > 0);
  assert.equal(compareVersions("v1.2.3-eksbuild.1", "v1.2.3-eksbuild.1"), 0);
  assert.ok(atLeast("v1.2.3-eksbuild.1", undefined));
  assert.ok(!atLeast("v1.15.4-eksbuild.1", "v1.15.5-eksbuild.1"));
});

test("hybrid nodes need the version that came to them", () => {
  const compute = (version: string) =>
    addonInfo(findAddon("eks-pod-identity-agent")!, MINORS).addonVersions?.find(({ addonVersion }) => addonVersion === version)
      ?.computeTypes;
  assert.deepEqual(compute("v1.3.2-eksbuild.2"), ["ec2"]);
  assert.deepEqual(compute("v1.3.3-eksbuild.1"), ["ec2", "hybrid"]);
});
