// Limits of requests under way, and the metrics that count them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../../src/kubernetes/api/object.ts";
import { Flights } from "../../src/kubernetes/server/http/flights.ts";
import { startServer } from "./server-support.ts";

const user = (username: string, ...groups: string[]) => ({ username, groups });

test("a full lane refuses who holds a fair share and lets others in", () => {
  const flights = new Flights({ reads: 4, writes: 1 });
  const leaves = [1, 2, 3, 4].map(() => flights.enter(user("greedy"), false));
  const refused = (body: () => unknown) => assert.throws(body, (error) => error instanceof StatusError && error.code === 429);
  refused(() => flights.enter(user("greedy"), false));
  const modest = flights.enter(user("modest"), false);
  flights.enter(user("root", "system:masters"), false);
  flights.enter(user("greedy"), true);
  refused(() => flights.enter(user("greedy"), true));
  assert.deepEqual(flights.underWay, { readOnly: 6, mutating: 1 });
  for (const leave of leaves) leave();
  leaves[0]?.();
  modest();
  assert.deepEqual(flights.underWay, { readOnly: 1, mutating: 1 });
  flights.enter(user("greedy"), false);
});

test("the refusal reaches the client with Retry-After, and metrics count by code", async () => {
  const api = await startServer({ flightLimits: { reads: 0, writes: 0 } });
  try {
    await api.call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", "admin", {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "bob" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "bob" }],
    });
    const slow = new Promise<void>((resolve) => setImmediate(resolve));
    await slow;
    const answers = await Promise.all([1, 2, 3].map(() => api.call("GET", "/api/v1/namespaces/default", "bob")));
    for (const answer of answers) {
      if (answer.status === 200) continue;
      assert.equal(answer.status, 429);
      assert.equal(answer.headers["retry-after"], "1");
      assert.equal(answer.json.reason, "TooManyRequests");
    }
    await api.call("GET", "/api/v1/namespaces/default", "admin");
    await api.call("GET", "/api/v1/namespaces/absent", "admin");
    const { text } = await api.call("GET", "/metrics", "admin");
    const labels =
      'component="apiserver",dry_run="",group="",resource="namespaces",scope="resource",subresource="",verb="GET",version="v1"';
    assert.match(text, new RegExp(`^apiserver_request_total\\{code="200",${labels}\\} \\d+$`, "m"));
    assert.ok(text.includes(`apiserver_request_total{code="404",${labels}} 1\n`));
    assert.match(text, /^apiserver_request_duration_seconds_bucket\{.*le="\+Inf"\} \d+$/m);
    assert.match(text, /^apiserver_storage_objects\{resource="namespaces"\} 4$/m);
  } finally {
    await api.close();
  }
});
