// Dynamic resource allocation, service ranges and volume attributes classes as users write them: taken, shown, refused.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "./server-support.ts";

const version = (minor: string) => ({ version: { major: "1", minor, gitVersion: `v1.${minor}.1-eks-3cfe0ce` } });
let api: TestServer;
before(async () => {
  api = await startServer(version("34"));
});
after(() => api?.close());

const resource = "/apis/resource.k8s.io/v1";
const claims = `${resource}/namespaces/default/resourceclaims`;
const ranges = "/apis/networking.k8s.io/v1/servicecidrs";
const addresses = "/apis/networking.k8s.io/v1/ipaddresses";
const classes = "/apis/storage.k8s.io/v1/volumeattributesclasses";

const asTable = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
const claim = (devices: object) => ({
  kind: "ResourceClaim",
  apiVersion: "resource.k8s.io/v1",
  metadata: { name: "c" },
  spec: { devices },
});
const gpu = (more: object = {}) => ({ name: "gpu", exactly: { deviceClassName: "gpu.example.com", ...more } });

test("claims get their defaults, keep their spec, and show their state", async () => {
  const made = await api.call(
    "POST",
    claims,
    "admin",
    claim({ requests: [gpu(), { name: "any", firstAvailable: [{ name: "a", deviceClassName: "x" }] }] }),
  );
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(made.json.spec.devices.requests[0].exactly, {
    deviceClassName: "gpu.example.com",
    allocationMode: "ExactCount",
    count: 1,
  });
  assert.equal(made.json.spec.devices.requests[1].firstAvailable[0].count, 1);
  const again = await api.call("PUT", `${claims}/c`, "admin", { ...made.json, spec: claim({ requests: [gpu({ count: 2 })] }).spec });
  assert.equal(again.status, 422);
  assert.match(again.json.message, /spec: Invalid value: .*field is immutable/);
  const { columnDefinitions, rows } = (await api.call("GET", claims, "admin", undefined, asTable)).json;
  assert.deepEqual(
    columnDefinitions.map(({ name }: any) => name),
    ["Name", "State", "Age"],
  );
  assert.deepEqual(rows[0].cells.slice(0, 2), ["c", "pending"]);
});

const refused: readonly [path: string, object: object, problem: RegExp][] = [
  [claims, claim({ requests: [{ name: "a" }] }), /requests\[0\]: Required value: exactly one of `exactly` or `firstAvailable` is required/],
  [
    claims,
    claim({ requests: [gpu({ allocationMode: "Some" })] }),
    /allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"/,
  ],
  [
    claims,
    claim({ requests: [gpu({ allocationMode: "All", count: 2 })] }),
    /count: Invalid value: 2: must not be specified when allocationMode is 'All'/,
  ],
  [claims, claim({ requests: [gpu({ deviceClassName: "" })] }), /exactly\.deviceClassName: Required value/],
  [claims, claim({ requests: [gpu(), gpu()] }), /requests\[1\]\.name: Duplicate value: "gpu"/],
  [
    claims,
    claim({ requests: [gpu({ selectors: [{ cel: { expression: "device.x +" } }] })] }),
    /expression: Invalid value: .*compilation failed/,
  ],
  [
    claims,
    claim({ constraints: [{ requests: ["b"], matchAttribute: "x.y/z" }] }),
    /constraints\[0\]\.requests\[0\]: Invalid value: "b": must be the name of a request/,
  ],
  [claims, claim({ config: [{ opaque: { driver: "D" } }] }), /opaque\.driver: Invalid value: "D"/],
  [
    `${resource}/resourceslices`,
    {
      kind: "ResourceSlice",
      apiVersion: "resource.k8s.io/v1",
      metadata: { name: "s" },
      spec: { driver: "d.example", pool: { name: "p", generation: 1, resourceSliceCount: 1 } },
    },
    /spec: Required value: exactly one of `nodeName`, `nodeSelector`/,
  ],
  [
    ranges,
    { kind: "ServiceCIDR", apiVersion: "networking.k8s.io/v1", metadata: { name: "r" }, spec: {} },
    /spec\.cidrs: Required value: at least one CIDR required/,
  ],
  [
    ranges,
    { kind: "ServiceCIDR", apiVersion: "networking.k8s.io/v1", metadata: { name: "r" }, spec: { cidrs: ["10.0.0.0/8", "11.0.0.0/8"] } },
    /no more than one IP for each IP family/,
  ],
  [
    ranges,
    { kind: "ServiceCIDR", apiVersion: "networking.k8s.io/v1", metadata: { name: "r" }, spec: { cidrs: ["x"] } },
    /spec\.cidrs\[0\]: Invalid value: "x": must be a valid CIDR value/,
  ],
  [
    addresses,
    {
      kind: "IPAddress",
      apiVersion: "networking.k8s.io/v1",
      metadata: { name: "name" },
      spec: { parentRef: { resource: "services", name: "s" } },
    },
    /metadata\.name: Invalid value: "name": must be a valid IP address/,
  ],
  [
    addresses,
    { kind: "IPAddress", apiVersion: "networking.k8s.io/v1", metadata: { name: "10.0.0.1" }, spec: {} },
    /spec\.parentRef: Required value/,
  ],
  [
    classes,
    { kind: "VolumeAttributesClass", apiVersion: "storage.k8s.io/v1", metadata: { name: "v" }, driverName: "ebs.csi.aws.com" },
    /parameters: Required value: must contain at least one key\/value pair/,
  ],
];

for (const [path, object, problem] of refused)
  test(`refused: ${problem.source.slice(0, 60)}`, async () => {
    const answer = await api.call("POST", path, "admin", object);
    assert.equal(answer.status, 422, answer.text);
    assert.match(answer.json.message, problem);
  });

test("slices can be selected by node and driver; ranges may become dual stack and nothing else", async () => {
  const slice = (name: string, nodeName: string) => ({
    kind: "ResourceSlice",
    apiVersion: "resource.k8s.io/v1",
    metadata: { name },
    spec: {
      driver: "d.example",
      nodeName,
      pool: { name: "p", generation: 1, resourceSliceCount: 1 },
      devices: [{ name: "a", attributes: { x: { int: 1 } } }],
    },
  });
  for (const each of [slice("s1", "n1"), slice("s2", "n2")])
    assert.equal((await api.call("POST", `${resource}/resourceslices`, "admin", each)).status, 201);
  const found = await api.call("GET", `${resource}/resourceslices?fieldSelector=spec.nodeName%3Dn2,spec.driver%3Dd.example`, "admin");
  assert.deepEqual(
    found.json.items.map((each: any) => each.metadata.name),
    ["s2"],
  );
  const patch = (cidrs: string[]) =>
    api.call("PATCH", `${ranges}/more`, "admin", { spec: { cidrs } }, { "content-type": "application/merge-patch+json" });
  const made = await api.call("POST", ranges, "admin", {
    kind: "ServiceCIDR",
    apiVersion: "networking.k8s.io/v1",
    metadata: { name: "more" },
    spec: { cidrs: ["10.200.0.0/16"] },
  });
  assert.equal(made.status, 201, made.text);
  assert.equal((await patch(["10.201.0.0/16"])).status, 422);
  assert.equal((await patch(["10.200.0.0/16", "fd00::/108"])).status, 200);
});

test("a minor that lacks a kind answers 404, as its discovery says", async () => {
  const older = await startServer(version("32"));
  try {
    for (const path of [claims, ranges, classes, "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies"])
      assert.equal((await older.call("GET", path, "admin")).status, 404, path);
  } finally {
    await older.close();
  }
});
