// ValidatingAdmissionPolicy and match conditions: what they see, what they refuse, and how they say it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "./server-support.ts";

const base = "/apis/admissionregistration.k8s.io/v1";
const maps = "/api/v1/namespaces/default/configmaps";
let api: TestServer;
before(async () => {
  api = await startServer();
});
after(() => api?.close());

const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE", "DELETE"], resources: ["configmaps"] };
const policyOf = (name: string, spec: object) => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicy",
  metadata: { name },
  spec: { matchConstraints: { resourceRules: [rule] }, ...spec },
});
const bindingOf = (name: string, spec: object = {}) => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: { name: `${name}-binding` },
  spec: { policyName: name, validationActions: ["Deny"], ...spec },
});
const map = (name: string, data: object = {}, labels: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels },
  data,
});

/** Runs `body` while a policy is in force. */
async function under(name: string, spec: object, body: () => Promise<void>, binding: object = {}): Promise<void> {
  const made = await api.call("POST", `${base}/validatingadmissionpolicies`, "admin", policyOf(name, spec));
  assert.equal(made.status, 201, made.text);
  const bound = await api.call("POST", `${base}/validatingadmissionpolicybindings`, "admin", bindingOf(name, binding));
  assert.equal(bound.status, 201, bound.text);
  try {
    await body();
  } finally {
    await api.call("DELETE", `${base}/validatingadmissionpolicybindings/${name}-binding`, "admin");
    await api.call("DELETE", `${base}/validatingadmissionpolicies/${name}`, "admin");
  }
}

const post = (object: object, user = "admin") => api.call("POST", maps, user, object);

test("a false expression denies with the default message and the Invalid reason", () =>
  under("p1", { validations: [{ expression: "!('secret' in object.data)" }] }, async () => {
    const answer = await post(map("a", { secret: "1" }));
    assert.equal(answer.status, 422);
    assert.equal(answer.json.reason, "Invalid");
    assert.equal(
      answer.json.message,
      `configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p1' with binding 'p1-binding' denied request: failed expression: !('secret' in object.data)`,
    );
    assert.equal((await post(map("ok1", { other: "1" }))).status, 201);
  }));

test("message, messageExpression and reason are said", () =>
  under(
    "p2",
    {
      validations: [
        { expression: "!has(object.data.a)", messageExpression: "'a is ' + object.data.a", message: "no a", reason: "Forbidden" },
        { expression: "!has(object.data.b)", message: "no b" },
      ],
    },
    async () => {
      const first = await post(map("a", { a: "x" }));
      assert.equal(first.status, 403);
      assert.match(first.json.message, /denied request: a is x$/);
      assert.match((await post(map("a", { b: "x" }))).json.message, /denied request: no b$/);
    },
  ));

test("variables are computed from those before them", () =>
  under(
    "p3",
    {
      variables: [
        { name: "size", expression: "size(object.data)" },
        { name: "big", expression: "variables.size > 2" },
      ],
      validations: [{ expression: "!variables.big", message: "too big" }],
    },
    async () => {
      assert.equal((await post(map("ok3", { a: "", b: "" }))).status, 201);
      assert.match((await post(map("x", { a: "", b: "", c: "" }))).json.message, /too big/);
    },
  ));

test("parameters come from the binding", async () => {
  await post(map("limits", { most: "1" }));
  const spec = {
    paramKind: { apiVersion: "v1", kind: "ConfigMap" },
    validations: [{ expression: "size(object.data) <= int(params.data.most)", messageExpression: "'at most ' + params.data.most" }],
  };
  await under(
    "p4",
    spec,
    async () => {
      assert.match((await post(map("x", { a: "", b: "" }))).json.message, /at most 1/);
      assert.equal((await post(map("ok4", { a: "" }))).status, 201);
    },
    { paramRef: { name: "limits", namespace: "default", parameterNotFoundAction: "Deny" } },
  );
  const missing = (parameterNotFoundAction: string) => ({ paramRef: { name: "absent", namespace: "default", parameterNotFoundAction } });
  await under("p5", spec, async () => assert.match((await post(map("x"))).json.message, /no params found/), missing("Deny"));
  await under("p6", spec, async () => assert.equal((await post(map("ok6"))).status, 201), missing("Allow"));
});

test("a failing expression denies, or is ignored where the policy says so", async () => {
  const validations = [{ expression: "object.data.nope == 'x'" }];
  await under("p7", { validations }, async () => {
    assert.match((await post(map("x"))).json.message, /expression 'object.data.nope == 'x'' resulted in error: no such key: (data|nope)/);
  });
  await under("p8", { validations, failurePolicy: "Ignore" }, async () => assert.equal((await post(map("ok8"))).status, 201));
});

test("warnings warn and let pass", () =>
  under(
    "p9",
    { validations: [{ expression: "false", message: "think twice" }] },
    async () => {
      const answer = await post(map("ok9"));
      assert.equal(answer.status, 201);
      assert.match(
        String(answer.headers.warning),
        /Validation failed for ValidatingAdmissionPolicy 'p9' with binding 'p9-binding': think twice/,
      );
    },
    { validationActions: ["Warn", "Audit"] },
  ));

test("match conditions, object selectors and excluded rules narrow a policy", async () => {
  const deny = { validations: [{ expression: "false" }] };
  await under("p10", { ...deny, matchConditions: [{ name: "not-admin", expression: "request.userInfo.username != 'admin'" }] }, async () =>
    assert.equal((await post(map("ok10"))).status, 201),
  );
  const objectSelector = { matchLabels: { judged: "yes" } };
  await under("p11", { ...deny, matchConstraints: { resourceRules: [rule], objectSelector } }, async () => {
    assert.equal((await post(map("ok11"))).status, 201);
    assert.equal((await post(map("x", {}, { judged: "yes" }))).status, 422);
  });
  const excludeResourceRules = [{ ...rule, resourceNames: ["spared"] }];
  await under("p12", { ...deny, matchConstraints: { resourceRules: [rule], excludeResourceRules } }, async () => {
    assert.equal((await post(map("spared"))).status, 201);
    assert.equal((await post(map("x"))).status, 422);
  });
});

test("updates and deletions show the old object; the namespace is there too", () =>
  under(
    "p13",
    {
      validations: [
        {
          expression: "request.operation != 'DELETE' || !has(oldObject.metadata.labels) || !('keep' in oldObject.metadata.labels)",
          message: "kept",
        },
        { expression: "oldObject == null || object == null || object.data == oldObject.data", message: "immutable" },
        { expression: "namespaceObject.metadata.name == 'default'" },
      ],
    },
    async () => {
      assert.equal((await post(map("kept", { a: "1" }, { keep: "" }))).status, 201);
      assert.match((await api.call("DELETE", `${maps}/kept`, "admin")).json.message, /denied request: kept/);
      assert.match((await api.call("PUT", `${maps}/kept`, "admin", map("kept", { a: "2" }, { keep: "" }))).json.message, /immutable/);
    },
  ));

test("the authorizer answers for the user and for service accounts", () =>
  under(
    "p14",
    {
      validations: [
        { expression: "authorizer.group('').resource('secrets').namespace('default').check('list').allowed()", message: "no lister" },
        { expression: "!authorizer.serviceAccount('default', 'default').group('').resource('secrets').check('list').allowed()" },
        { expression: "authorizer.requestResource.check('delete').allowed()" },
        { expression: "authorizer.path('/healthz').check('get').allowed()" },
      ],
    },
    async () => {
      const answer = await post(map("ok14"));
      assert.equal(answer.status, 201, answer.text);
    },
  ));

const broken: [object, RegExp][] = [
  [
    { validations: [{ expression: "object.a +" }] },
    /spec\.validations\[0\]\.expression: Invalid value: "object\.a \+": compilation failed: ERROR/,
  ],
  [{ validations: [{ expression: "nothing == 1" }] }, /undeclared reference to 'nothing'/],
  [{ validations: [{ expression: "'text'" }] }, /must evaluate to bool/],
  [{ validations: [] }, /spec\.validations: Required value/],
  [{ validations: [{ expression: "true" }], matchConstraints: {} }, /spec\.matchConstraints\.resourceRules: Required value/],
  [
    { validations: [{ expression: "true" }], matchConditions: [{ name: "x", expression: "1 +" }] },
    /spec\.matchConditions\[0\]\.expression/,
  ],
];
for (const [spec, message] of broken) {
  test(`refused: ${JSON.stringify(spec)}`, async () => {
    const answer = await api.call("POST", `${base}/validatingadmissionpolicies`, "admin", policyOf("bad", spec));
    assert.equal(answer.status, 422, answer.text);
    assert.match(answer.json.message, message);
  });
}

test("policies do not judge policies", () =>
  under(
    "p15",
    { matchConstraints: { resourceRules: [{ ...rule, apiGroups: ["*"], resources: ["*"] }] }, validations: [{ expression: "false" }] },
    async () => {
      assert.equal((await post(map("x"))).status, 422);
    },
  ));

const webhookOf = (hook: object) => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: { name: "hooks" },
  webhooks: [
    {
      name: "a.b.example",
      clientConfig: { url: "https://127.0.0.1:1/" },
      rules: [rule],
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      ...hook,
    },
  ],
});

test("a webhook is asked only when its match conditions hold", async () => {
  const conditions = [{ name: "named", expression: "object.metadata.name == 'judged'" }];
  const made = await api.call("POST", `${base}/validatingwebhookconfigurations`, "admin", webhookOf({ matchConditions: conditions }));
  assert.equal(made.status, 201, made.text);
  assert.equal((await post(map("free"))).status, 201);
  assert.match((await post(map("judged"))).json.message, /failed calling webhook "a\.b\.example"/);
  await api.call("DELETE", `${base}/validatingwebhookconfigurations/hooks`, "admin");
});

const badHooks: [object, RegExp][] = [
  [{ name: "short" }, /should be a domain with at least three segments/],
  [{ sideEffects: undefined }, /webhooks\[0\]\.sideEffects: Required value/],
  [{ admissionReviewVersions: [] }, /admissionReviewVersions: Required value: must specify one of v1, v1beta1/],
  [{ clientConfig: {} }, /clientConfig: Required value: exactly one of url or service is required/],
  [{ clientConfig: { url: "http://x/" } }, /'https' is the only allowed URL scheme/],
  [{ timeoutSeconds: 31 }, /the timeout value must be between 1 and 30 seconds/],
  [{ rules: [{ ...rule, operations: ["WRITE"] }] }, /operations\[0\]: Unsupported value: "WRITE"/],
  [
    {
      matchConditions: [
        { name: "x", expression: "object.x" },
        { name: "y", expression: "(" },
      ],
    },
    /matchConditions\[1\]\.expression/,
  ],
];
for (const [hook, message] of badHooks) {
  test(`webhook refused: ${JSON.stringify(hook)}`, async () => {
    const answer = await api.call("POST", `${base}/validatingwebhookconfigurations`, "admin", webhookOf(hook));
    assert.equal(answer.status, 422, answer.text);
    assert.match(answer.json.message, message);
  });
}

test("a policy for one version of a kind judges the others, in its own version", async () => {
  const resourceRules = [
    { apiGroups: ["autoscaling"], apiVersions: ["v2"], operations: ["CREATE"], resources: ["horizontalpodautoscalers"] },
  ];
  const scaler = {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "h" },
    spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 90, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" } },
  };
  const path = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers?dryRun=All";
  const validations = [{ expression: "object.spec.metrics.all(m, m.resource.target.averageUtilization < 80)", message: "leave some room" }];
  await under("versions", { matchConstraints: { resourceRules }, validations }, async () => {
    const answer = await api.call("POST", path, "admin", scaler);
    assert.equal(answer.status, 422);
    assert.match(answer.json.message, /leave some room/);
  });
  await under("exactly", { matchConstraints: { resourceRules, matchPolicy: "Exact" }, validations }, async () =>
    assert.equal((await api.call("POST", path, "admin", scaler)).status, 201),
  );
});
