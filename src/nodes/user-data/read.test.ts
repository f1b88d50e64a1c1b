// User data as customers write it, by operating system, and what the programs on the images say of mistakes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { readUserData } from "./read.ts";
import { type NodeSettings, type NodeSystem, UserDataError } from "./settings.ts";

const read = (text: string, os: NodeSystem) => readUserData(Buffer.from(text).toString("base64"), os);
const CLUSTER = "    name: dev\n    apiServerEndpoint: https://127.0.0.1:1\n    certificateAuthority: QQ==\n    cidr: 10.100.0.0/16\n";
const config = (rest = "", cluster = CLUSTER) =>
  `apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n${cluster}${rest}`;
const archive = (...parts: [type: string, body: string][]) =>
  `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n${parts.map(([type, body]) => `--B\nContent-Type: ${type}\n\n${body}\n`).join("")}--B--\n`;
const bottlerocket = (rest = "") =>
  `[settings.kubernetes]\ncluster-name = "dev"\napi-server = "https://127.0.0.1:1"\ncluster-certificate = "QQ=="\n${rest}`;
const dev: NodeSettings = { clusterName: "dev", endpoint: "https://127.0.0.1:1", certificateAuthority: "QQ==", labels: {}, taints: [] };

const readable: readonly [what: string, os: NodeSystem, text: string, expected: NodeSettings][] = [
  ["a NodeConfig alone", "al2023", config(), dev],
  ["as Terraform's yamlencode writes it", "al2023", config().replaceAll(/^( *)(\w+):/gm, '$1"$2":'), dev],
  ["with a document mark", "al2023", `---\n${config()}`, dev],
  [
    "in an archive beside a script",
    "al2023",
    archive(["text/x-shellscript; charset=us-ascii", "#!/bin/bash\necho"], ["application/node.eks.aws", config()]),
    dev,
  ],
  ["with Windows line ends", "al2023", archive(["application/node.eks.aws", config()]).replaceAll("\n", "\r\n"), dev],
  [
    "kubelet settings and flags",
    "al2023",
    config(
      "  kubelet:\n    config:\n      maxPods: 20\n      registerWithTaints:\n      - {key: gpu, value: big, effect: NoSchedule}\n    flags:\n    - --node-labels=team=blue,tier=\n    - --register-with-taints=spot:NoExecute\n",
    ),
    {
      ...dev,
      labels: { team: "blue", tier: "" },
      taints: [
        { key: "gpu", value: "big", effect: "NoSchedule" },
        { key: "spot", effect: "NoExecute" },
      ],
      maxPods: 20,
    },
  ],
  [
    "several NodeConfigs",
    "al2023",
    archive(
      ["application/node.eks.aws", config()],
      ["application/node.eks.aws", "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  kubelet:\n    config: {maxPods: 9}\n"],
    ),
    { ...dev, maxPods: 9 },
  ],
  [
    "bootstrap.sh with a name only",
    "al2",
    "#!/bin/bash\nset -ex\n/etc/eks/bootstrap.sh dev\n",
    { clusterName: "dev", labels: {}, taints: [] },
  ],
  [
    "bootstrap.sh with variables, quotes and continued lines",
    "al2",
    "#!/bin/bash\nB64_CLUSTER_CA=QQ==\nexport API_SERVER_URL=https://127.0.0.1:1\n# a comment\n/etc/eks/bootstrap.sh dev \\\n  --kubelet-extra-args '--node-labels=team=blue,a.io/b=c --max-pods=30 --register-with-taints=x=y:NoSchedule' \\\n  --b64-cluster-ca $B64_CLUSTER_CA --apiserver-endpoint \"$API_SERVER_URL\" --use-max-pods false",
    { ...dev, labels: { team: "blue", "a.io/b": "c" }, taints: [{ key: "x", value: "y", effect: "NoSchedule" }], maxPods: 30 },
  ],
  [
    "bootstrap.sh in an archive",
    "al2",
    archive(["text/x-shellscript", "#!/bin/sh\n/etc/eks/bootstrap.sh dev"]),
    { clusterName: "dev", labels: {}, taints: [] },
  ],
  [
    "Bottlerocket's settings",
    "bottlerocket",
    bottlerocket(
      'max-pods = 12\n[settings.kubernetes.node-labels]\n"team" = "blue"\n[settings.kubernetes.node-taints]\ngpu = ["big:NoSchedule", ":NoExecute"]\nold = "x:PreferNoSchedule"\n',
    ),
    {
      ...dev,
      labels: { team: "blue" },
      taints: [
        { key: "gpu", value: "big", effect: "NoSchedule" },
        { key: "gpu", effect: "NoExecute" },
        { key: "old", value: "x", effect: "PreferNoSchedule" },
      ],
      maxPods: 12,
    },
  ],
];
for (const [what, os, text, expected] of readable) test(`${os}: ${what}`, () => assert.deepEqual(read(text, os), expected));

test("compressed user data is read", () => {
  assert.deepEqual(readUserData(gzipSync(config()).toString("base64"), "al2023"), dev);
  assert.throws(() => readUserData(gzipSync("x".repeat(2_000_000)).toString("base64"), "al2023"), UserDataError);
});

const refused: readonly [what: string, os: NodeSystem, text: string, message: RegExp][] = [
  ["nothing", "al2023", "", /could not find NodeConfig/],
  ["a script only", "al2023", "#!/bin/bash\n/etc/eks/bootstrap.sh dev", /could not find NodeConfig/],
  ["no name", "al2023", config("", CLUSTER.replace("    name: dev\n", "")), /Name is missing/],
  ["no endpoint", "al2023", config("", "    name: dev\n"), /Apiserver endpoint is missing/],
  ["no authority", "al2023", config("", "    name: dev\n    apiServerEndpoint: x\n"), /Certificate authority is missing/],
  ["no CIDR", "al2023", config("", CLUSTER.replace(/ {4}cidr.*\n/, "")), /CIDR is missing/],
  ["another kind", "al2023", config().replace("NodeConfig", "Node"), /no kind "Node"/],
  ["broken YAML", "al2023", "apiVersion: node.eks.aws/v1alpha1\nkind: [", /error converting YAML/],
  [
    "a label of Kubernetes' own",
    "al2023",
    config("  kubelet:\n    flags: ['--node-labels=node-role.kubernetes.io/x=']\n"),
    /unknown 'kubernetes\.io'/,
  ],
  ["no such effect", "al2023", config("  kubelet:\n    flags: ['--register-with-taints=a=b:Never']\n"), /unsupported taint effect/],
  ["maxPods that is no number", "al2023", config("  kubelet: {config: {maxPods: many}}\n"), /max-pods/],
  ["values of other types", "al2023", config("  kubelet: {config: {registerWithTaints: [null]}}\n"), /cannot be read/],
  ["no bootstrap", "al2", "#!/bin/bash\necho hello", /does not run/],
  ["bootstrap without a name", "al2", "#!/bin/bash\n/etc/eks/bootstrap.sh --b64-cluster-ca x", /CLUSTER_NAME is not defined/],
  ["settings without a cluster", "bottlerocket", "[settings.host-containers]\n", /kubernetes\.cluster-name is missing/],
  ["broken TOML", "bottlerocket", "[settings", /parsing TOML/],
  ["Windows", "windows", "<powershell>", /does not simulate Windows/],
];
for (const [what, os, text, message] of refused)
  test(`${os}: refused: ${what}`, () =>
    assert.throws(
      () => read(text, os),
      (error) => error instanceof UserDataError && message.test(error.message),
    ));

test("whatever user data is, it is read or refused", () => {
  const os = fc.constantFrom<NodeSystem>("al2", "al2023", "bottlerocket", "windows");
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string().map((tail) => config(tail)),
    fc.string().map((tail) => bottlerocket(tail)),
  );
  fc.assert(
    fc.property(text, os, (given, system) => {
      try {
        read(given, system);
      } catch (error) {
        assert.ok(error instanceof UserDataError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});
