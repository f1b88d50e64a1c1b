// EKS Auto Mode seen by kubectl, at rest, and over a restart of Atoll.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeClient } from "../../src/kubernetes/client/client.ts";
import { ACCOUNT, REGION } from "../support/atoll.ts";
import { startAutoMode } from "../support/auto-mode.ts";
import { writeKubeconfig } from "../support/kube.ts";
import { kubectl } from "../support/kubectl.ts";
import { run } from "../support/run.ts";
import { eventually } from "../support/wait.ts";

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "nginx" }] } },
  },
};

test("kubectl shows pools and claims; a cluster at rest writes nothing; nodes and addresses outlive a restart", async (t) => {
  const auto = await startAutoMode({ durable: true });
  const { test: atoll, network, cluster } = auto;
  try {
    const kube = (): KubeClient => atoll.atoll.clusters.cluster(`${ACCOUNT}/${REGION}/auto`)!.client();
    const pods = () => kube().list("pods", { namespace: "default" });
    const claims = () => kube().list("nodeclaims.karpenter.sh");
    await kube().create("deployments.apps", "default", deployment);
    await eventually("pods run", async () => pods().length === 2 && pods().every((pod) => pod.status?.phase === "Running"));
    const ready = () =>
      claims().every((claim) => claim.status?.conditions?.some((each: any) => each.type === "Ready" && each.status === "True"));
    await eventually("the claim is ready", async () => ready());

    const program = kubectl("33");
    if (!program) t.diagnostic("needs kubectl");
    else {
      const roles = { cluster: auto.clusterRole, node: auto.nodeRole };
      const config = await writeKubeconfig({ test: atoll, network, roles, cluster, name: "auto" });
      const shown = async (what: string) =>
        (await run(program, ["--kubeconfig", config, "get", what], { env: atoll.environment() })).stdout;
      assert.match(await shown("nodepools"), /NAME +NODECLASS +NODES +READY +AGE\ngeneral-purpose +default +1 +True/);
      assert.match(
        await shown("nodeclaims"),
        /NAME +TYPE +CAPACITY +ZONE +NODE +READY +AGE\ngeneral-purpose-\w+ +\w+\.\w+ +on-demand +us-west-2[ab] +ip-\S+ +True/,
      );
      assert.match(await shown("nodeclasses"), /NAME +ROLE +READY +AGE\ndefault +auto-node +True/);
    }

    const versions = () =>
      ["nodepools.karpenter.sh", "nodeclaims.karpenter.sh", "nodeclasses.eks.amazonaws.com", "nodes"].map((type) =>
        kube()
          .list(type)
          .map(({ metadata }) => metadata.resourceVersion)
          .join(),
      );
    const before = versions();
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual(versions(), before, "nothing is written without need");

    const addresses = pods().map((pod) => pod.status.podIP);
    const names = claims().map(({ metadata }) => metadata.name);
    await atoll.restart();
    await eventually("the cluster runs", async () => atoll.atoll.clusters.cluster(`${ACCOUNT}/${REGION}/auto`) !== undefined);
    await eventually("its node runs", async () =>
      claims().some((claim) => atoll.atoll.nodes.status(claim.status.providerID.split("/").pop()) === "ready"),
    );
    await kube().patch("deployments.apps", "default", "web", "merge", { spec: { replicas: 3 } });
    await eventually("another pod runs", async () => pods().length === 3 && pods().every((pod) => pod.status?.phase === "Running"));
    const now = pods().map((pod) => pod.status.podIP);
    assert.equal(new Set(now).size, 3);
    assert.ok(addresses.every((address) => now.includes(address)));
    assert.deepEqual(
      claims().map(({ metadata }) => metadata.name),
      names,
    );
  } finally {
    await atoll.close();
  }
});
