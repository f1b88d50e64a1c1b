// MutatingAdmissionPolicy: what expressions make, how it is merged, when it is asked again, and what is refused.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "./server-support.ts";

const base = "/apis/admissionregistration.k8s.io/v1";
const maps = "/api/v1/namespaces/default/configmaps";
const pods = "/api/v1/namespaces/default/pods";
let api: TestServer;
before(async () => {
  api = await startServer({ version: { major: "1", minor: "36", gitVersion: "v1.36.1-eks-3cfe0ce" } });
  await api.client.create("serviceaccounts", "default", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } });
});
after(() => api?.close());

const apply = (expression: string) => ({ patchType: "ApplyConfiguration", applyConfiguration: { expression } });
const patch = (expression: string) => ({ patchType: "JSONPatch", jsonPatch: { expression } });
const rule = (resource: string) => ({ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: [resource] });
const policyOf = (name: string, spec: object) => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingAdmissionPolicy",
  metadata: { name },
  spec: { matchConstraints: { resourceRules: [rule("configmaps"), rule("pods")] }, reinvocationPolicy: "Never", ...spec },
});
const bindingOf = (name: string, spec: object) => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingAdmissionPolicyBinding",
  metadata: { name },
  spec: { policyName: name, ...spec },
});
const map = (name: string, data: object = {}, more: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...more },
  data,
});
const pod = (name: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { containers: [{ name: "c", image: "i", env: [{ name: "A", value: "1" }] }], ...more },
});

/** Runs `body` while policies are in force: by name, with the spec of each and of its binding. */
async function under(policies: Record<string, [spec: object, binding?: object]>, body: () => Promise<void>): Promise<void> {
  for (const [name, [spec, binding = {}]] of Object.entries(policies)) {
    const made = await api.call("POST", `${base}/mutatingadmissionpolicies`, "admin", policyOf(name, spec));
    assert.equal(made.status, 201, made.text);
    const bound = await api.call("POST", `${base}/mutatingadmissionpolicybindings`, "admin", bindingOf(name, binding));
    assert.equal(bound.status, 201, bound.text);
  }
  try {
    await body();
  } finally {
    await api.call("DELETE", `${base}/mutatingadmissionpolicybindings`, "admin");
    await api.call("DELETE", `${base}/mutatingadmissionpolicies`, "admin");
  }
}

const post = async (path: string, object: object) => {
  const answer = await api.call("POST", `${path}?dryRun=All`, "admin", object);
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
};

test("an apply configuration is merged: maps by key, lists by their items", () =>
  under(
    {
      sidecar: [
        {
          matchConditions: [{ name: "pods", expression: "request.resource.resource == 'pods'" }],
          variables: [{ name: "who", expression: "request.userInfo.username" }],
          mutations: [
            apply(`Object{
              metadata: Object.metadata{labels: {"by": variables.who, "n": string(size(object.spec.containers))}},
              spec: Object.spec{
                initContainers: [Object.spec.initContainers{name: "mesh", image: "proxy", restartPolicy: "Always"}],
                containers: object.spec.containers.map(c, Object.spec.containers{
                  name: c.name,
                  env: [Object.spec.containers.env{name: "B", value: "{2}"}], // a brace in a text
                }),
              },
            }`),
          ],
        },
      ],
    },
    async () => {
      const { metadata, spec } = await post(pods, pod("a"));
      assert.deepEqual(metadata.labels, { by: "admin", n: "1" });
      assert.deepEqual(spec.initContainers[0].terminationMessagePath, "/dev/termination-log", "the addition is defaulted");
      assert.equal(spec.initContainers[0].name, "mesh");
      assert.deepEqual(spec.containers[0].env, [
        { name: "A", value: "1" },
        { name: "B", value: "{2}" },
      ]);
      assert.equal(spec.containers[0].image, "i");
      assert.equal((await post(maps, map("a"))).metadata.labels, undefined, "the match condition keeps others out");
    },
  ));

test("optional members are left out when they have no value; a JSON patch whose test fails changes nothing", () =>
  under(
    {
      a: [
        {
          mutations: [
            apply("Object{data: Object.data{?twice: has(object.data.x) ? optional.of(object.data.x + object.data.x) : optional.none()}}"),
            patch(`[JSONPatch{op: "test", path: "/data/x", value: "1"},
                    JSONPatch{op: "add", path: "/data/" + jsonpatch.escapeKey("a/b~c"), value: "made"},
                    JSONPatch{op: "copy", from: "/data/x", path: "/data/y"}]`),
          ],
        },
      ],
    },
    async () => {
      assert.equal(
        (await api.call("POST", `${maps}?dryRun=All`, "admin", map("b", { x: "1" }))).status,
        422,
        "a/b~c is no key of a ConfigMap",
      );
      assert.deepEqual((await post(maps, map("b", { x: "2" }))).data, { x: "2", twice: "22" });
      assert.deepEqual((await post(maps, map("b", { z: "2" }))).data, { z: "2" });
    },
  ));

test("JSON patches carry objects, numbers and lists", () =>
  under(
    {
      p: [
        {
          matchConstraints: { resourceRules: [rule("pods")] },
          mutations: [
            patch(`[JSONPatch{op: "add", path: "/spec/tolerations", value: [{"key": "k", "operator": "Exists", "tolerationSeconds": 5, "effect": "NoExecute"}]},
                    JSONPatch{op: "replace", path: "/spec/containers/0", value: Object.spec.containers{name: "new", image: "j"}}] +
                   (object.metadata.name == "a" ? [JSONPatch{op: "remove", path: "/metadata/labels"}] : [])`),
          ],
        },
      ],
    },
    async () => {
      const { spec } = await post(pods, pod("b"));
      assert.equal(spec.tolerations[0].tolerationSeconds, 5);
      assert.equal(spec.containers[0].name, "new");
      const refused = await api.call("POST", pods, "admin", pod("a"));
      assert.equal(refused.status, 403);
      assert.match(refused.json.message, /^policy 'p' with binding 'p' denied request: JSON Patch: remove operation does not apply/);
      assert.equal(refused.json.reason, "Invalid");
    },
  ));

test("params decide, per binding", async () => {
  await api.client.create("configmaps", "kube-system", map("tiers", { tier: "gold" }) as never);
  const tier = {
    paramKind: { apiVersion: "v1", kind: "ConfigMap" },
    mutations: [apply('Object{metadata: Object.metadata{labels: {"tier": params.data.tier, "zone": namespaceObject.metadata.name}}}')],
  };
  const by = (name: string, action: string) => ({ paramRef: { name, namespace: "kube-system", parameterNotFoundAction: action } });
  await under({ tier: [tier, by("tiers", "Deny")] }, async () =>
    assert.deepEqual((await post(maps, map("c"))).metadata.labels, { tier: "gold", zone: "default" }),
  );
  await under({ tier: [tier, by("absent", "Allow")] }, async () => assert.equal((await post(maps, map("c"))).metadata.labels, undefined));
  await under({ tier: [tier, by("absent", "Deny")] }, async () => {
    const refused = await api.call("POST", maps, "admin", map("c"));
    assert.match(refused.json.message, /no params found for policy binding with `Deny` parameterNotFoundAction/);
  });
});

test("a policy that wants to is asked once more after a later one changed the object", () =>
  under(
    {
      "1-count": [
        {
          reinvocationPolicy: "IfNeeded",
          mutations: [apply("Object{data: Object.data{keys: string(size(object.data))}}")],
        },
      ],
      "2-once": [{ mutations: [apply('Object{data: Object.data{more: "x" + (has(object.data.more) ? object.data.more : "")}}')] }],
    },
    async () => assert.deepEqual((await post(maps, map("d", { a: "1" }))).data, { a: "1", keys: "3", more: "x" }),
  ));

test("a rule for one version chooses the others too, unless it asks for exactly that version", async () => {
  const scalers = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
  const old = {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "h" },
    spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 50, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" } },
  };
  const resourceRules = [
    { apiGroups: ["autoscaling"], apiVersions: ["v2"], operations: ["CREATE"], resources: ["horizontalpodautoscalers"] },
  ];
  const mutations = [
    apply('Object{metadata: Object.metadata{labels: {"metric": object.spec.metrics[0].resource.name}}, spec: Object.spec{maxReplicas: 7}}'),
  ];
  await under({ newer: [{ matchConstraints: { resourceRules }, mutations }] }, async () => {
    const made = await post(scalers("v1"), old);
    assert.equal(made.apiVersion, "autoscaling/v1");
    assert.deepEqual(made.metadata.labels, { metric: "cpu" });
    assert.equal(made.spec.maxReplicas, 7);
    assert.equal(made.spec.targetCPUUtilizationPercentage, 50);
  });
  await under({ exact: [{ matchConstraints: { resourceRules, matchPolicy: "Exact" }, mutations }] }, async () => {
    assert.equal((await post(scalers("v1"), old)).spec.maxReplicas, 3);
  });
});

test("what cannot be carried out denies the request, or is passed over where the policy says so", async () => {
  const cases: [expression: string, problem: RegExp][] = [
    ['Object{data: Object.wrong{a: "1"}}', /type mismatch: unexpected type name "Object\.wrong", expected "Object\.data"/],
    ["Object{data: Object.data{a: object.data.absent}}", /no such key: absent/],
    ["[object.data][0]", /unsupported return type from ApplyConfiguration expression/],
  ];
  for (const [expression, problem] of cases) {
    await under({ strict: [{ mutations: [apply(expression)] }] }, async () => {
      const answer = await api.call("POST", maps, "admin", map("e", { k: "v" }));
      assert.equal(answer.status, 403, answer.text);
      assert.match(answer.json.message, problem);
    });
    await under({ lax: [{ failurePolicy: "Ignore", mutations: [apply(expression)] }] }, async () => {
      assert.deepEqual((await post(maps, map("e", { k: "v" }))).data, { k: "v" });
    });
  }
  const atomic = apply('Object{spec: Object.spec{tolerations: [Object.spec.tolerations{key: "k", operator: "Exists"}]}}');
  await under({ atomic: [{ matchConstraints: { resourceRules: [rule("pods")] }, mutations: [atomic] }] }, async () => {
    const answer = await api.call("POST", pods, "admin", pod("e"));
    assert.match(answer.json.message, /invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: \.spec\.tolerations$/);
  });
});

test("policies are refused that can never work, field by field", async () => {
  const cases: [spec: object, problem: RegExp][] = [
    [{ mutations: [] }, /spec\.mutations: Required value/],
    [{ reinvocationPolicy: undefined, mutations: [apply("Object{}")] }, /spec\.reinvocationPolicy: Required value/],
    [{ reinvocationPolicy: "Often", mutations: [apply("Object{}")] }, /spec\.reinvocationPolicy: Unsupported value: "Often"/],
    [{ mutations: [{ patchType: "Merge" }] }, /spec\.mutations\[0\]\.patchType: Unsupported value: "Merge"/],
    [{ mutations: [{ patchType: "JSONPatch" }] }, /spec\.mutations\[0\]\.jsonPatch: Required value/],
    [{ mutations: [apply(" ")] }, /spec\.mutations\[0\]\.applyConfiguration\.expression: Required value/],
    [{ mutations: [apply("1 + 1")] }, /expression: Invalid value: "1 \+ 1": must evaluate to Object but got int/],
    [{ mutations: [apply("Object{spec: nobody}")] }, /compilation failed: .*undeclared reference to 'nobody'/],
    [{ mutations: [patch("'x'")] }, /must evaluate to list\(JSONPatch\)/],
    [{ mutations: [patch("[JSONPatch{op: 'add'")] }, /compilation failed: ERROR: <input>: Expected RBRACE, got EOF/],
    [
      { variables: [{ name: "v", expression: "Object{" }], mutations: [apply("Object{}")] },
      /spec\.variables\[0\]\.expression: Invalid value/,
    ],
    [
      { matchConstraints: { resourceRules: [{ ...rule("pods"), operations: ["DELETE"] }] }, mutations: [apply("Object{}")] },
      /operations\[0\]: Unsupported value: "DELETE"/,
    ],
  ];
  for (const [spec, problem] of cases) {
    const answer = await api.call("POST", `${base}/mutatingadmissionpolicies`, "admin", policyOf("bad", spec));
    assert.equal(answer.status, 422, JSON.stringify(spec));
    assert.match(answer.json.message, problem);
  }
  const both = { paramRef: { name: "x", selector: {}, parameterNotFoundAction: "Perhaps" } };
  const answer = await api.call("POST", `${base}/mutatingadmissionpolicybindings`, "admin", bindingOf("bad", both));
  assert.match(answer.json.message, /spec\.paramRef\.name: Forbidden: name and selector are mutually exclusive/);
  assert.match(answer.json.message, /spec\.paramRef\.parameterNotFoundAction: Unsupported value: "Perhaps"/);
});

test("policies never touch policies, so that a mistaken one can be removed", () =>
  under(
    {
      all: [
        {
          matchConstraints: { resourceRules: [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"] }] },
          mutations: [apply("[object.absent][0]")],
        },
      ],
    },
    async () => {
      assert.equal((await api.call("POST", maps, "admin", map("f"))).status, 403);
      const answer = await api.call(
        "PATCH",
        `${base}/mutatingadmissionpolicies/all`,
        "admin",
        { metadata: { labels: { a: "b" } } },
        {
          "content-type": "application/merge-patch+json",
        },
      );
      assert.equal(answer.status, 200, answer.text);
    },
  ));
