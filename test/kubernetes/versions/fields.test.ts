// Fields by the minor in which they appeared: refused as unknown before, dropped while their feature gate is off, kept from then on.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { encodeProtobuf } from "../../../src/kubernetes/protobuf/encode.ts";
import { startServer, type TestServer } from "../server-support.ts";

type Json = Record<string, any>;

const minors = [30, 31, 32, 33, 34, 35, 36];
const version = (minor: number) => ({ version: { major: "1", minor: String(minor), gitVersion: `v1.${minor}.1-eks-3cfe0ce` } });
const container = { name: "c", image: "i" };
const labels = { app: "a" };

const kinds: Readonly<Record<string, { path: string; apiVersion: string; object: () => Json }>> = {
  Pod: { path: "/api/v1/namespaces/default/pods", apiVersion: "v1", object: () => ({ spec: { containers: [{ ...container }] } }) },
  Service: { path: "/api/v1/namespaces/default/services", apiVersion: "v1", object: () => ({ spec: { ports: [{ port: 80 }] } }) },
  PersistentVolumeClaim: {
    path: "/api/v1/namespaces/default/persistentvolumeclaims",
    apiVersion: "v1",
    object: () => ({ spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } }),
  },
  StatefulSet: {
    path: "/apis/apps/v1/namespaces/default/statefulsets",
    apiVersion: "apps/v1",
    object: () => ({
      spec: {
        serviceName: "s",
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ ...container }] } },
      },
    }),
  },
  Job: {
    path: "/apis/batch/v1/namespaces/default/jobs",
    apiVersion: "batch/v1",
    object: () => ({
      spec: { completionMode: "Indexed", completions: 2, template: { spec: { restartPolicy: "Never", containers: [{ ...container }] } } },
    }),
  },
  HorizontalPodAutoscaler: {
    path: "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
    apiVersion: "autoscaling/v2",
    object: () => ({ spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" } } }),
  },
};

/** Kind, path of the field, value, first minor that knows it, first minor that keeps it. */
const cases: readonly (readonly [string, string, unknown, number, number])[] = [
  ["Pod", "spec.securityContext.appArmorProfile", { type: "RuntimeDefault" }, 30, 30],
  ["Pod", "spec.hostUsers", false, 0, 33],
  ["Pod", "spec.securityContext.supplementalGroupsPolicy", "Strict", 31, 33],
  ["Pod", "spec.securityContext.seLinuxChangePolicy", "MountOption", 32, 33],
  ["Pod", "spec.resources", { limits: { cpu: "1" } }, 32, 34],
  ["Pod", "spec.hostnameOverride", "h.example", 34, 35],
  ["Pod", "spec.containers[0].restartPolicyRules", [{ action: "Restart", exitCodes: { operator: "In", values: [3] } }], 34, 35],
  ["Pod", "spec.containers[0].resizePolicy", [{ resourceName: "cpu", restartPolicy: "NotRequired" }], 0, 33],
  ["Pod", "spec.schedulingGroup", { podGroupName: "g" }, 36, Number.POSITIVE_INFINITY],
  ["Service", "spec.trafficDistribution", "PreferClose", 30, 31],
  ["PersistentVolumeClaim", "spec.volumeAttributesClassName", "gold", 0, 34],
  ["StatefulSet", "spec.updateStrategy.rollingUpdate.maxUnavailable", 2, 0, 35],
  ["Job", "spec.successPolicy", { rules: [{ succeededIndexes: "0" }] }, 30, 31],
  ["Job", "spec.managedBy", "example.com/mine", 30, 32],
  ["HorizontalPodAutoscaler", "spec.behavior.scaleUp.tolerance", "50m", 33, 35],
];

const parts = (path: string) => path.replaceAll(/\[(\d+)\]/g, ".$1").split(".");

function assign(object: Json, path: string, value: unknown): void {
  const names = parts(path);
  const last = names.pop()!;
  let at = object;
  for (const name of names) {
    at[name] ??= {};
    at = at[name];
  }
  at[last] = value;
}

const read = (object: Json, path: string): unknown => parts(path).reduce((at: any, name) => at?.[name], object);

for (const minor of minors)
  describe(`Kubernetes 1.${minor}`, () => {
    let s: TestServer;
    before(async () => {
      s = await startServer(version(minor));
      await s.client.create("serviceaccounts", "default", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } });
    });
    after(() => s.close());

    let numbered = 0;
    const named = (kind: string, path: string, value: unknown): Json => {
      const object: Json = { apiVersion: kinds[kind]!.apiVersion, kind, metadata: { name: `o${++numbered}` }, ...kinds[kind]!.object() };
      assign(object, path, value);
      return object;
    };

    for (const [kind, path, value, known, kept] of cases)
      test(`${kind} ${path}`, async () => {
        const at = kinds[kind]!.path;
        const strict = await s.call("POST", `${at}?fieldValidation=Strict&dryRun=All`, "admin", named(kind, path, value));
        if (minor < known) {
          assert.equal(strict.status, 400, strict.text);
          assert.ok(strict.json.message.includes(`strict decoding error: unknown field "${path}"`), strict.json.message);
        } else {
          assert.equal(strict.status, 201, strict.text);
          assert.deepEqual(read(strict.json, path), minor < kept ? undefined : value);
        }
        const warned = await s.call("POST", `${at}?fieldValidation=Warn`, "admin", named(kind, path, value));
        assert.equal(warned.status, 201, warned.text);
        assert.equal(String(warned.headers.warning ?? "").includes("unknown field"), minor < known);
        assert.deepEqual(read(warned.json, path), minor < kept ? undefined : value);
        const type = { "content-type": "application/vnd.kubernetes.protobuf" };
        const body = Buffer.from(encodeProtobuf(named(kind, path, value) as never));
        const binary = await s.call("POST", `${at}?fieldValidation=Strict`, "admin", body, type);
        assert.equal(binary.status, 201, binary.text);
        assert.deepEqual(read(binary.json, path), minor < kept ? undefined : value);
      });

    test("OpenAPI shows the fields that the minor knows", async () => {
      const core = (await s.call("GET", "/openapi/v3/api/v1", "admin")).json.components.schemas;
      const spec = core["io.k8s.api.core.v1.PodSpec"].properties;
      assert.equal("resources" in spec, minor >= 32);
      assert.equal("hostnameOverride" in spec, minor >= 34);
      assert.equal("workloadRef" in spec, minor === 35);
      assert.equal("stopSignal" in core["io.k8s.api.core.v1.Lifecycle"].properties, minor >= 33);
      assert.equal("io.k8s.api.core.v1.FileKeySelector" in core, minor >= 34, "types that nothing refers to are not there");
    });

    test("defaults are those of the minor", async () => {
      const { path, apiVersion, object } = kinds.StatefulSet!;
      const made = await s.call("POST", path, "admin", { apiVersion, kind: "StatefulSet", metadata: { name: "set" }, ...object() });
      const expected = minor >= 35 ? { maxUnavailable: 1, partition: 0 } : { partition: 0 };
      assert.deepEqual(made.json.spec.updateStrategy, { type: "RollingUpdate", rollingUpdate: expected });
    });

    test("patches drop what server-side apply refuses", async () => {
      await s.call("POST", kinds.Service!.path, "admin", {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "svc" },
        ...kinds.Service!.object(),
      });
      const path = `${kinds.Service!.path}/svc`;
      const patch = { "content-type": "application/merge-patch+json" };
      const merged = await s.call("PATCH", path, "admin", { spec: { trafficDistribution: "PreferClose" } }, patch);
      assert.equal(merged.status, 200, merged.text);
      assert.equal(merged.json.spec.trafficDistribution, minor >= 31 ? "PreferClose" : undefined);
      const unknown = { spec: { trafficDistributions: "x" } };
      assert.equal((await s.call("PATCH", `${path}?fieldValidation=Strict`, "admin", unknown, patch)).status >= 400, true);
      const apply = { "content-type": "application/apply-patch+yaml" };
      const pod = named("Pod", "spec.hostnameOverride", "h.example");
      const applied = await s.call("PATCH", `${kinds.Pod!.path}/${pod.metadata.name}?fieldManager=m`, "admin", pod, apply);
      // 1.34 knows the field behind a gate that is off.
      if (minor >= 34) return assert.equal(applied.json.spec.hostnameOverride, minor > 34 ? "h.example" : undefined);
      assert.equal(applied.status, 500);
      const what = `/${pod.metadata.name}; /v1, Kind=Pod`;
      assert.equal(
        applied.json.message,
        `failed to create typed patch object (${what}): .spec.hostnameOverride: field not declared in schema`,
      );
    });
  });
