// Every list operation page by page, with SDK v3's paginators and boto3's: nothing twice, nothing lost, no foreign token.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as sdk from "@aws-sdk/client-eks";
import type { EksState } from "../../../src/services/eks/state.ts";
import { eksState } from "../../../src/services/eks/state.ts";
import type { Collection } from "../../../src/store/collection.ts";
import { hasBoto3, run } from "../../support/run.ts";
import { ACCOUNT, REGION, refused, type Stage, startStage } from "../acceptance/stage.ts";

const PROGRAM = fileURLToPath(new URL("program.py", import.meta.url));
const SIZES = [1, 2, 3, 7, 50, 99, 100];
const COUNT = 103;
/** Of so many items the small pages are read: all of them one by one would take long and show no more. */
const SAMPLE = 24;
const PLACE = `${ACCOUNT}/${REGION}`;
const MAIN = `${PLACE}/main`;
const principalArn = `arn:aws:iam::${ACCOUNT}:role/node`;

/** A list operation: what it is asked, and which member of its answer has the items. */
interface List {
  readonly operation: string;
  readonly input: object;
  readonly member: string;
  /** How many items there are at least. */
  readonly least: number;
}

const inMain = { clusterName: "main" };
const lists: readonly List[] = [
  { operation: "ListClusters", input: {}, member: "clusters", least: COUNT },
  { operation: "ListNodegroups", input: inMain, member: "nodegroups", least: COUNT },
  { operation: "ListFargateProfiles", input: inMain, member: "fargateProfileNames", least: COUNT },
  { operation: "ListAddons", input: inMain, member: "addons", least: COUNT },
  { operation: "ListUpdates", input: { name: "main" }, member: "updateIds", least: COUNT },
  { operation: "ListAccessEntries", input: inMain, member: "accessEntries", least: COUNT },
  { operation: "ListAccessPolicies", input: {}, member: "accessPolicies", least: 20 },
  { operation: "ListAssociatedAccessPolicies", input: { ...inMain, principalArn }, member: "associatedAccessPolicies", least: COUNT },
  { operation: "ListPodIdentityAssociations", input: inMain, member: "associations", least: COUNT },
  { operation: "ListCapabilities", input: inMain, member: "capabilities", least: COUNT },
  // A cluster has one provider and at most two authorities; more are recorded here, so that there are pages.
  { operation: "ListIdentityProviderConfigs", input: inMain, member: "identityProviderConfigs", least: COUNT },
  { operation: "ListCertificateAuthorities", input: inMain, member: "certificateAuthorities", least: COUNT },
  { operation: "ListInsights", input: inMain, member: "insights", least: COUNT },
  { operation: "ListEksAnywhereSubscriptions", input: {}, member: "subscriptions", least: COUNT },
  { operation: "DescribeClusterVersions", input: { includeAll: true }, member: "clusterVersions", least: 5 },
  { operation: "DescribeAddonVersions", input: {}, member: "addons", least: 20 },
];

let stage: Stage;
before(async () => {
  // boto3 signs with the machine's time.
  stage = await startStage({ at: new Date().toISOString() });
  await stage.create("main");
  await stage.create("other");
  await fill(eksState(stage.test.atoll.stores.aws));
});
after(() => stage?.close());

/** Puts records beside what there is: quotas would not let that many be made, and nothing must come of them. */
async function fill(state: EksState): Promise<void> {
  const now = stage.time.now();
  const many = <T extends object>(collection: Collection<T>, scope: string, record: (id: string, index: number) => object) =>
    state.store.transact(() => {
      for (let index = 0; index < COUNT; index++) {
        const id = `item-${String((index * 7919) % 1000).padStart(3, "0")}`;
        collection.put(`${scope}/${id}`, record(id, index) as T);
      }
    });
  const common = (id: string) => ({ clusterName: "main", name: id, id, createdAt: now, modifiedAt: now, tags: {}, health: [] });
  const cluster = state.clusters.get(MAIN)!;
  many(state.clusters, PLACE, (name) => ({ ...cluster, name, status: "FAILED" }));
  many(state.nodegroups, MAIN, (id) => ({ ...common(id), status: "CREATE_FAILED" }));
  many(state.fargateProfiles, MAIN, (id) => ({ ...common(id), status: "CREATE_FAILED", subnets: [], selectors: [] }));
  many(state.addons, MAIN, (id) => ({ ...common(id), status: "CREATE_FAILED", version: "v1.0.0-eksbuild.1", namespace: "default" }));
  // Several in one moment, as fast machines make them.
  many(state.updates, MAIN, (id, index) => ({
    ...common(id),
    scope: {},
    status: "Successful",
    createdAt: now + (index >> 2),
    params: [],
    errors: [],
  }));
  many(state.accessEntries, MAIN, (id) => ({
    ...common(id),
    principalArn: `arn:aws:iam::${ACCOUNT}:role/${id}`,
    type: "STANDARD",
    kubernetesGroups: [],
    policies: [],
  }));
  const policies = Array.from({ length: COUNT }, (_, index) => ({
    policyArn: `arn:policy/${index}`,
    scope: "cluster" as const,
    namespaces: [],
    associatedAt: now,
    modifiedAt: now,
  }));
  const entry = state.accessEntries.list(`${MAIN}/`)[0]!;
  state.accessEntries.put(`${MAIN}/${principalArn}`, { ...entry, principalArn, arn: "arn:entry", policies });
  many(state.associations, MAIN, (id) => ({ ...common(id), namespace: "default", serviceAccount: id, arn: `arn:association/${id}` }));
  many(state.capabilities, MAIN, (id) => ({ ...common(id), arn: `arn:capability/${id}`, type: "ACK", status: "CREATE_FAILED" }));
  many(state.identityProviders, MAIN, (id) => ({ ...common(id), requiredClaims: {}, status: "ACTIVE" }));
  many(state.certificateAuthorities, MAIN, (id) => ({
    ...common(id),
    signingStatus: "NOT_USED",
    distributionStatus: "COMPLETE",
    createdBy: "EKS",
  }));
  many(state.insights, MAIN, (id, index) => ({
    ...common(id),
    category: "UPGRADE_READINESS",
    refreshedAt: now + (index >> 2),
    changedAt: now,
    status: "PASSING",
    resources: [],
  }));
  many(state.subscriptions, PLACE, (id) => ({
    ...common(id),
    arn: `arn:subscription/${id}`,
    months: 12,
    renewals: 0,
    licenseQuantity: 1,
    autoRenew: true,
  }));
}

type Paginate = (settings: { client: sdk.EKSClient; pageSize: number }, input: object) => AsyncIterable<Record<string, unknown[]>>;
const exported = sdk as unknown as Record<string, Paginate>;
const commands = sdk as unknown as Record<string, new (input: object) => sdk.ListClustersCommand>;
const ask = ({ operation, input }: List, more: object) => stage.eks.send(new commands[`${operation}Command`]!({ ...input, ...more }));

async function pagesOf({ operation, input, member }: List, pageSize: number, most = Number.POSITIVE_INFINITY): Promise<unknown[][]> {
  const pages: unknown[][] = [];
  // The paginator writes into what it is given.
  for await (const page of exported[`paginate${operation}`]!({ client: stage.eks, pageSize }, { ...input })) {
    pages.push(page[member] ?? []);
    if (pages.length * pageSize >= most) break;
  }
  return pages;
}

/** The pages are full but for the last, and hold what one list of everything begins with, or all of it. */
function judge(pages: readonly (readonly unknown[])[], size: number, whole: readonly unknown[], { operation }: List): void {
  const what = `${operation} in pages of ${size}`;
  const items = pages.flat();
  const expected =
    size <= 3 && items.length < whole.length ? whole.slice(0, Math.min(Math.ceil(SAMPLE / size) * size, whole.length)) : whole;
  assert.deepEqual(items, expected, what);
  const lengths = Array.from({ length: Math.ceil(items.length / size) }, (_, index) => Math.min(size, items.length - index * size));
  assert.deepEqual(
    pages.map((page) => page.length),
    lengths,
    what,
  );
}

/** Everything, nothing of it twice. */
async function everything(list: List): Promise<unknown[]> {
  const items = (await pagesOf(list, 100)).flat();
  assert.ok(items.length >= list.least, `${list.operation}: ${items.length} items`);
  assert.equal(new Set(items.map((item) => JSON.stringify(item))).size, items.length, `${list.operation} shows something twice`);
  return items;
}

test("the table has every operation that pages", () => {
  const pageable = Object.keys(sdk).flatMap((name) => name.match(/^paginate(.+)/)?.[1] ?? []);
  assert.deepEqual(lists.map(({ operation }) => operation).sort(), pageable.sort());
});

describe("SDK v3", () => {
  for (const list of lists) {
    test(`${list.operation} in pages of ${SIZES.join(", ")}`, async () => {
      const whole = await everything(list);
      for (const size of SIZES) judge(await pagesOf(list, size, size <= 3 ? SAMPLE : undefined), size, whole, list);
    });
  }

  test("every size from 1 to 100 shows the same", async () => {
    const list = lists.find(({ operation }) => operation === "ListAccessPolicies")!;
    const whole = await everything(list);
    for (let size = 1; size <= 100; size++) judge(await pagesOf(list, size), size, whole, list);
  });
});

test("a token is good for nothing but what it came from", async () => {
  const tokens = new Map<string, string>();
  for (const list of lists) {
    const { nextToken } = await ask(list, { maxResults: 1 });
    assert.ok(nextToken, list.operation);
    tokens.set(list.operation, nextToken);
  }
  for (const list of lists) {
    for (const [operation, nextToken] of tokens) {
      if (operation !== list.operation) await refused(ask(list, { nextToken }), "InvalidParameterException", "Invalid nextToken");
    }
    for (const maxResults of [0, 101]) await refused(ask(list, { maxResults }), "InvalidParameterException", /maxResults/);
  }
});

test("nor of another cluster", async () => {
  for (const list of lists) {
    if (!("clusterName" in list.input) || "principalArn" in list.input) continue;
    const { nextToken } = await ask(list, { maxResults: 1 });
    await refused(ask(list, { clusterName: "other", nextToken }), "InvalidParameterException", "Invalid nextToken");
  }
  const updates = lists.find(({ operation }) => operation === "ListUpdates")!;
  const { nextToken } = await ask(updates, { maxResults: 1 });
  await refused(ask(updates, { name: "other", nextToken }), "InvalidParameterException", "Invalid nextToken");
});

describe("boto3", { skip: !(await hasBoto3()) && "needs python3 with boto3" }, () => {
  test(`its paginators, in pages of ${SIZES.join(", ")}`, async () => {
    // boto3 of today does not page certificate authorities.
    const known = lists.filter(({ operation }) => operation !== "ListCertificateAuthorities");
    const steps = known.flatMap((list) =>
      SIZES.map((size) => ({ pages: list.operation, input: list.input, member: list.member, size, ...(size <= 3 && { most: SAMPLE }) })),
    );
    const { code, stdout, stderr } = await run("python3", [PROGRAM], { env: stage.test.environment(), input: JSON.stringify(steps) });
    assert.equal(code, 0, stderr);
    const { done } = JSON.parse(stdout) as { done: unknown[][][] };
    for (const [index, list] of known.entries()) {
      const ofList = done.slice(index * SIZES.length, (index + 1) * SIZES.length);
      const whole = ofList[SIZES.indexOf(100)]!.flat();
      assert.ok(whole.length >= list.least, list.operation);
      for (const [at, pages] of ofList.entries()) judge(pages, SIZES[at]!, whole, list);
    }
  });
});
