// Discovery of every minor against what Kubernetes serves by default (served.txt), in both forms of the documents.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { aggregatedDiscovery, apiGroupList, apiResourceList } from "../../../src/kubernetes/discovery/index.ts";
import { builtinRegistry, newestMinor, oldestMinor } from "../../../src/kubernetes/schema/registry.ts";
import { schemaOf } from "../../../src/kubernetes/schema/types.ts";
import { toTable } from "../../../src/kubernetes/table/index.ts";

interface Fact {
  readonly apiVersion: string;
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly from: number;
  readonly to: number;
}

const verbSets: Readonly<Record<string, string>> = {
  all: "create,delete,deletecollection,get,list,patch,update,watch",
  modify: "get,patch,update",
};

function readFacts(): Fact[] {
  const facts: Fact[] = [];
  let apiVersion = "";
  for (const line of readFileSync(new URL("served.txt", import.meta.url), "utf8").split("\n")) {
    if (line.startsWith("#") || line === "") continue;
    if (!line.startsWith(" ")) {
      apiVersion = line;
      continue;
    }
    const [name = "", kind = "", scope, verbs = "", ...minors] = line.trim().split(" ");
    const bound = (word: string, otherwise: number) =>
      Number(minors.find((each) => each.startsWith(`${word}=`))?.slice(word.length + 1) ?? otherwise);
    const list = (verbSets[verbs] ?? verbs).split(",");
    // Namespaces can be watched although they cannot be deleted as a collection; component statuses cannot.
    if (name === "namespaces") list.push("watch");
    facts.push({
      apiVersion,
      name,
      kind,
      namespaced: scope === "ns",
      verbs: list.sort(),
      from: bound("from", oldestMinor),
      to: bound("to", newestMinor),
    });
  }
  return facts;
}

const facts = readFacts();
const minors = Array.from({ length: newestMinor - oldestMinor + 1 }, (_, i) => oldestMinor + i);

/** What documents of discovery say, as lines that compare. */
const lineOf = (apiVersion: string, name: string, kind: string, namespaced: boolean, verbs: readonly string[]) =>
  `${apiVersion} ${name} ${kind} ${namespaced ? "ns" : "cluster"} ${[...verbs].sort().join(",")}`;

function expected(minor: number): string[] {
  return facts
    .filter(({ from, to }) => from <= minor && minor <= to)
    .map(({ apiVersion, name, kind, namespaced, verbs }) => lineOf(apiVersion, name, name.includes("/") ? "-" : kind, namespaced, verbs))
    .sort();
}

for (const minor of minors) {
  const { resources } = builtinRegistry(minor);

  test(`1.${minor} serves what Kubernetes serves, no more and no less`, () => {
    const versions = new Set(resources.map(({ group, version }) => `${group}/${version}`));
    const served = [...versions].flatMap((each) => {
      const [group = "", version = ""] = each.split("/");
      const { groupVersion, resources: list } = apiResourceList(resources, group, version) as any;
      return list.map(({ name, kind, namespaced, verbs }: any) =>
        lineOf(groupVersion, name, name.includes("/") ? "-" : kind, namespaced, verbs),
      );
    });
    assert.deepEqual(served.sort(), expected(minor));
  });

  test(`1.${minor}: the aggregated form says the same`, () => {
    const lines = (["api", "apis"] as const).flatMap((root) =>
      (aggregatedDiscovery(resources, root) as any).items.flatMap(({ metadata, versions }: any) =>
        versions.flatMap((version: any) => {
          const apiVersion = metadata.name ? `${metadata.name}/${version.version}` : version.version;
          return version.resources.flatMap(({ resource, responseKind, scope, verbs, subresources = [] }: any) => [
            lineOf(apiVersion, resource, responseKind.kind, scope === "Namespaced", verbs),
            ...subresources.map((sub: any) => lineOf(apiVersion, `${resource}/${sub.subresource}`, "-", scope === "Namespaced", sub.verbs)),
          ]);
        }),
      ),
    );
    assert.deepEqual(lines.sort(), expected(minor));
  });

  test(`1.${minor}: the first version is the preferred one, stable before beta`, () => {
    for (const { name, versions, preferredVersion } of (apiGroupList(resources) as any).groups) {
      assert.equal(preferredVersion.groupVersion, versions[0].groupVersion, name);
      const wanted: Record<string, string[]> = {
        autoscaling: ["v2", "v1"],
        ...(minor <= 31 && { "flowcontrol.apiserver.k8s.io": ["v1", "v1beta3"] }),
      };
      assert.deepEqual(
        versions.map(({ version }: any) => version),
        wanted[name] ?? ["v1"],
        name,
      );
    }
  });

  test(`1.${minor}: every kind has a schema and prints as a table with its age`, () => {
    for (const resource of resources) {
      const apiVersion = resource.group ? `${resource.group}/${resource.version}` : resource.version;
      assert.ok(schemaOf(apiVersion, resource.kind, minor), `${apiVersion} ${resource.kind}`);
      if (!(resource.verbs as readonly string[]).includes("list")) continue;
      const { rows, columnDefinitions } = toTable(resource, [{ apiVersion, kind: resource.kind, metadata: { name: "x" } }], {
        now: 0,
        minor,
      });
      assert.equal(rows[0]?.cells.length, columnDefinitions?.length, resource.kind);
    }
  });
}

/** `kubectl api-resources`: short names, and resources of a category. */
const shortNames: Readonly<Record<string, string>> = {
  certificatesigningrequests: "csr",
  componentstatuses: "cs",
  configmaps: "cm",
  cronjobs: "cj",
  customresourcedefinitions: "crd,crds",
  daemonsets: "ds",
  deployments: "deploy",
  endpoints: "ep",
  events: "ev",
  horizontalpodautoscalers: "hpa",
  ingresses: "ing",
  ipaddresses: "ip",
  limitranges: "limits",
  namespaces: "ns",
  networkpolicies: "netpol",
  nodes: "no",
  persistentvolumeclaims: "pvc",
  persistentvolumes: "pv",
  poddisruptionbudgets: "pdb",
  pods: "po",
  priorityclasses: "pc",
  replicasets: "rs",
  replicationcontrollers: "rc",
  resourcequotas: "quota",
  serviceaccounts: "sa",
  services: "svc",
  statefulsets: "sts",
  storageclasses: "sc",
  volumeattributesclasses: "vac",
};
const all = "pods,replicationcontrollers,services,daemonsets,deployments,replicasets,statefulsets,horizontalpodautoscalers,cronjobs,jobs";

test("short names, singular names and categories", () => {
  for (const { plural, group, kind, singular, shortNames: short, categories } of builtinRegistry(newestMinor).resources) {
    assert.equal(short.join(","), shortNames[plural] ?? "", plural);
    assert.equal(singular, plural === "endpoints" ? "endpoints" : kind.toLowerCase(), plural);
    const extends_ = ["admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io"].includes(group);
    assert.deepEqual(categories, all.split(",").includes(plural) ? ["all"] : extends_ ? ["api-extensions"] : [], plural);
  }
});
