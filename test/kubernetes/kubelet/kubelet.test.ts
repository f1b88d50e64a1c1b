// Kubelets: nodes, leases, and pods through all their phases.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { findCondition } from "../../../src/kubernetes/runtime/conditions.ts";
import { FakeCluster } from "../../support/fake-cluster.ts";
import { asking, FakeNodes, machine, pod } from "../../support/fake-node.ts";

async function setup(t: TestContext, machines = [machine("n1")]) {
  const c = new FakeCluster();
  const nodes = new FakeNodes(c, { scheduler: false });
  t.after(() => {
    nodes.close();
    c.close();
  });
  for (const facts of machines) await nodes.add(facts);
  const run = async (name: string, spec: object = {}, metadata: object = {}) => {
    await c.create("pods", pod(name, { nodeName: "n1", ...spec }, metadata));
    await nodes.settle();
    return c.client.get("pods", "default", name)!;
  };
  const get = (name: string) => c.client.get("pods", "default", name);
  return { c, nodes, run, get, client: c.client };
}

test("a node registers with its facts, is Ready, and keeps lease and status fresh", async (t) => {
  const { client, nodes } = await setup(t);
  const node = client.get("nodes", "", "n1")!;
  assert.equal(node.spec.providerID, "aws:///us-east-1a/i-n1");
  assert.equal(node.status.allocatable.cpu, "1930m");
  assert.equal(findCondition(node.status.conditions, "Ready")!.reason, "KubeletReady");
  assert.deepEqual(
    node.status.conditions.map((condition: { type: string }) => condition.type),
    ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"],
  );
  const lease = () => client.get("leases.coordination.k8s.io", "kube-node-lease", "n1")!;
  assert.equal(lease().spec.leaseDurationSeconds, 40);
  assert.equal(lease().metadata.ownerReferences![0]!.uid, node.metadata.uid);
  const before = lease().spec.renewTime;
  await nodes.settle(10_000);
  assert.notEqual(lease().spec.renewTime, before);
  const heartbeat = () => findCondition(client.get("nodes", "", "n1")!.status.conditions, "Ready") as { lastHeartbeatTime?: string };
  const beat = heartbeat().lastHeartbeatTime;
  await nodes.settle(100_000);
  assert.equal(heartbeat().lastHeartbeatTime, beat, "an unchanged status is not posted every ten seconds");
  await nodes.settle(250_000);
  assert.notEqual(heartbeat().lastHeartbeatTime, beat);
});

test("a pod becomes Running with an address by one status write, and says so in events", async (t) => {
  const { run, c, client } = await setup(t);
  client.writes.length = 0;
  const { status, metadata } = await run("web");
  assert.equal(status.phase, "Running");
  assert.equal(status.podIP, "10.0.1.1");
  assert.deepEqual(status.podIPs, [{ ip: "10.0.1.1" }]);
  assert.equal(status.hostIP, "10.0.0.10");
  assert.equal(status.qosClass, "BestEffort");
  for (const type of ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]) {
    assert.equal(findCondition(status.conditions, type)!.status, "True", type);
  }
  const [container] = status.containerStatuses;
  assert.equal(container.ready && container.started, true);
  assert.match(container.containerID, /^containerd:\/\/[0-9a-f]{64}$/);
  assert.ok(container.state.running.startedAt);
  assert.equal(client.writes.filter((write) => write === `patchStatus pods default/${metadata.name}`).length, 1);
  assert.deepEqual(c.events("web"), [
    'Pulled: Container image "nginx:1" already present on machine',
    "Created: Created container: main",
    "Started: Started container main",
  ]);
  assert.equal(client.list("events").find((event) => event.reason === "Started")!.involvedObject.fieldPath, "spec.containers{main}");
});

test("a network that refuses holds the pod in ContainerCreating with the sandbox event, until it gives an address", async (t) => {
  const { nodes, run, get, c } = await setup(t);
  nodes.network.fail = "add cmd: failed to assign an IP address to container";
  const held = await run("web");
  assert.equal(held.status.phase, "Pending");
  assert.equal(held.status.containerStatuses[0].state.waiting.reason, "ContainerCreating");
  assert.equal(findCondition(held.status.conditions, "Ready")!.message, "containers with unready status: [main]");
  assert.match(
    c.events("web")[0]!,
    /^FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "[0-9a-f]{64}": plugin type="aws-cni" name="aws-cni" failed \(add\): add cmd: failed to assign an IP address to container$/,
  );
  nodes.network.fail = undefined;
  await nodes.settle(10_000);
  assert.equal(get("web")!.status.phase, "Running");
});

test("deletion stops the containers, frees the address, and then removes the object", async (t) => {
  const { client, nodes, run, get, c } = await setup(t);
  await run("web");
  await client.delete("pods", "default", "web");
  await nodes.settle();
  assert.equal(get("web"), undefined);
  assert.deepEqual(nodes.network.calls, ["add web", "delete web"]);
  assert.ok(c.events("web").includes("Killing: Stopping container main"));
});

test("a container that ignores SIGTERM lives until the grace period ends", async (t) => {
  const { client, nodes, run, get } = await setup(t);
  await run("web", { terminationGracePeriodSeconds: 20 }, { annotations: { "simulate.atoll.dev/main": "term=ignore" } });
  await client.delete("pods", "default", "web");
  await nodes.settle(19_000);
  assert.ok(get("web"));
  await nodes.settle(2_000);
  assert.equal(get("web"), undefined);
});

test("a pod removed by force frees its address", async (t) => {
  const { client, nodes, run } = await setup(t);
  await run("web");
  await client.delete("pods", "default", "web", { gracePeriodSeconds: 0 });
  await nodes.settle();
  assert.equal(nodes.network.held.size, 0);
});

test("a pod deleted while its network is being made leaves nothing behind", async (t) => {
  const { client, nodes, c, get } = await setup(t);
  nodes.network.fail = "no";
  await c.create("pods", pod("web", { nodeName: "n1" }));
  await nodes.settle();
  await client.delete("pods", "default", "web");
  await nodes.settle(1000);
  assert.equal(get("web"), undefined);
  assert.equal(nodes.network.held.size, 0);
});

test("init containers run in order, sidecars stay, and the statuses tell", async (t) => {
  const { run, c } = await setup(t);
  const { status } = await run("web", {
    initContainers: [
      { name: "first", image: "i" },
      { name: "proxy", image: "p", restartPolicy: "Always" },
      { name: "second", image: "i" },
    ],
  });
  assert.deepEqual(
    status.initContainerStatuses.map((each: any) => [each.name, Object.keys(each.state)[0], each.ready]),
    [
      ["first", "terminated", true],
      ["proxy", "running", true],
      ["second", "terminated", true],
    ],
  );
  assert.equal(status.phase, "Running");
  assert.deepEqual(
    c
      .events("web")
      .filter((event) => event.startsWith("Started"))
      .map((event) => event.split(" ").at(-1)),
    ["first", "proxy", "second", "main"],
  );
});

test("an init container that takes its time holds the pod in Init", async (t) => {
  const { run, nodes, get } = await setup(t);
  const held = await run(
    "web",
    { initContainers: [{ name: "wait", image: "i" }] },
    { annotations: { "simulate.atoll.dev/wait": "exit=0,after=5s" } },
  );
  assert.equal(held.status.phase, "Pending");
  assert.equal(held.status.containerStatuses[0].state.waiting.reason, "PodInitializing");
  assert.equal(findCondition(held.status.conditions, "Initialized")!.message, "containers with incomplete status: [wait]");
  await nodes.settle(5000);
  assert.equal(get("web")!.status.phase, "Running");
  assert.equal(findCondition(get("web")!.status.conditions, "Initialized")!.message, undefined);
});

test("pods of a Job complete at once with exit code 0", async (t) => {
  const { run, nodes, c } = await setup(t);
  const job = await c.create("configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "j", namespace: "default" } });
  const owner = { apiVersion: "batch/v1", kind: "Job", name: "j", uid: job.metadata.uid, controller: true };
  const { status } = await run("work", { restartPolicy: "Never" }, { ownerReferences: [owner] });
  assert.equal(status.phase, "Succeeded");
  assert.equal(status.containerStatuses[0].state.terminated.reason, "Completed");
  assert.equal(findCondition(status.conditions, "Ready")!.reason, "PodCompleted");
  assert.equal(nodes.network.held.size, 0, "a finished pod gives its address back");
});

for (const [policy, script, phase, restarts] of [
  ["Never", "exit=1", "Failed", 0],
  ["Never", "exit=0", "Succeeded", 0],
  ["OnFailure", "exit=0", "Succeeded", 0],
  ["OnFailure", "exit=1", "Running", 1],
  ["Always", "exit=0", "Running", 1],
] as const) {
  test(`restartPolicy ${policy} with ${script} makes the pod ${phase}`, async (t) => {
    const { run } = await setup(t);
    const { status } = await run("p", { restartPolicy: policy }, { annotations: { "simulate.atoll.dev/main": script } });
    assert.equal(status.phase, phase);
    assert.equal(status.containerStatuses[0].restartCount, restarts);
  });
}

test("a crash loop backs off 10 s, 20 s … and recovers when the script says so", async (t) => {
  const { run, nodes, get, c } = await setup(t);
  const pod = await run("p", {}, { annotations: { "simulate.atoll.dev/main": "exit=3,times=3" } });
  const [first] = pod.status.containerStatuses;
  assert.equal(first.state.waiting.reason, "CrashLoopBackOff");
  assert.equal(first.state.waiting.message, `back-off 10s restarting failed container=main pod=p_default(${pod.metadata.uid})`);
  assert.equal(first.lastState.terminated.exitCode, 3);
  assert.ok(c.events("p").includes(`BackOff: Back-off restarting failed container main in pod p_default(${pod.metadata.uid})`));
  await nodes.settle(10_000);
  assert.equal(get("p")!.status.containerStatuses[0].restartCount, 2);
  assert.match(get("p")!.status.containerStatuses[0].state.waiting.message, /^back-off 20s/);
  await nodes.settle(20_000);
  const [last] = get("p")!.status.containerStatuses;
  assert.equal(last.restartCount, 3);
  assert.ok(last.state.running);
  assert.equal(findCondition(get("p")!.status.conditions, "Ready")!.status, "True");
});

test("an image that cannot be pulled shows ErrImagePull, then ImagePullBackOff", async (t) => {
  const { run, nodes, get } = await setup(t);
  const pod = await run("p", {}, { annotations: { "simulate.atoll.dev/main": "image=missing" } });
  assert.equal(pod.status.containerStatuses[0].state.waiting.reason, "ErrImagePull");
  await nodes.settle(10_000);
  assert.equal(get("p")!.status.containerStatuses[0].state.waiting.reason, "ImagePullBackOff");
});

test("a missing config map holds the pod with FailedMount until it exists; an optional one does not", async (t) => {
  const { run, nodes, get, c } = await setup(t);
  const held = await run("p", { volumes: [{ name: "cfg", configMap: { name: "settings" } }] });
  assert.equal(held.status.containerStatuses[0].state.waiting.reason, "ContainerCreating");
  assert.deepEqual(c.events("p"), ['FailedMount: MountVolume.SetUp failed for volume "cfg" : configmap "settings" not found']);
  assert.deepEqual(nodes.network.calls, []);
  await c.create("configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "default" }, data: {} });
  await nodes.settle(2000);
  assert.equal(get("p")!.status.phase, "Running");
  const free = await run("q", { volumes: [{ name: "cfg", secret: { secretName: "nope", optional: true } }] });
  assert.equal(free.status.phase, "Running");
});

test("an environment that refers to a missing secret is CreateContainerConfigError", async (t) => {
  const { run, nodes, get, c } = await setup(t);
  const pod = await run("p", { containers: [{ name: "main", image: "i", envFrom: [{ secretRef: { name: "s" } }] }] });
  assert.deepEqual(pod.status.containerStatuses[0].state.waiting, {
    reason: "CreateContainerConfigError",
    message: 'secret "s" not found',
  });
  await c.create("secrets", { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "default" } });
  await nodes.settle(10_000);
  assert.equal(get("p")!.status.phase, "Running");
});

test("readiness gates and late readiness keep a pod from being Ready", async (t) => {
  const { run, nodes, get, client } = await setup(t);
  const gated = await run("p", { readinessGates: [{ conditionType: "example.com/lb" }] });
  assert.equal(
    findCondition(gated.status.conditions, "Ready")!.message,
    'corresponding condition of pod readiness gate "example.com/lb" does not exist.',
  );
  await client.patch(
    "pods",
    "default",
    "p",
    "strategic",
    { status: { conditions: [{ type: "example.com/lb", status: "True" }] } },
    { subresource: "status" },
  );
  await nodes.settle();
  assert.equal(findCondition(get("p")!.status.conditions, "Ready")!.status, "True");
  const late = await run("q", {}, { annotations: { "simulate.atoll.dev/main": "ready=3s" } });
  assert.equal(findCondition(late.status.conditions, "ContainersReady")!.status, "False");
  await nodes.settle(3000);
  assert.equal(findCondition(get("q")!.status.conditions, "Ready")!.status, "True");
});

for (const [what, allocatable, spec, reason, message] of [
  ["pod slots", { cpu: "2", pods: "0" }, {}, "OutOfpods", "Node didn't have enough resource: pods, requested: 1, used: 0, capacity: 0"],
  [
    "cpu",
    { cpu: "1", pods: "9" },
    asking("1500m"),
    "OutOfcpu",
    "Node didn't have enough resource: cpu, requested: 1500, used: 0, capacity: 1000",
  ],
] as const) {
  test(`a pod beyond the node's ${what} is rejected as ${reason}`, async (t) => {
    const { run, c } = await setup(t, [machine("n1", { allocatable: { ...allocatable, memory: "8Gi" } })]);
    const { status } = await run("p", spec);
    assert.equal(status.phase, "Failed");
    assert.equal(status.reason, reason);
    assert.equal(status.message, `Pod was rejected: ${message}`);
    assert.deepEqual(c.events("p"), [`${reason}: Pod was rejected: ${message}`]);
  });
}

test("a restart of the kubelet finds its pods running and changes nothing", async (t) => {
  const { run, nodes, get, client } = await setup(t);
  await run("web");
  await run("crash", {}, { annotations: { "simulate.atoll.dev/main": "exit=1,after=5s" } });
  const calls = nodes.network.calls.length;
  client.writes.length = 0;
  await nodes.restart();
  assert.deepEqual(
    client.writes.filter((write) => write.includes(" pods ")),
    [],
  );
  assert.equal(nodes.network.calls.length, calls, "networks are not made again");
  await nodes.settle(5000);
  assert.equal(get("crash")!.status.containerStatuses[0].restartCount, 1, "timers of containers are armed again");
});

test("a new machine under an old name starts the pods that were bound to that name anew; what has finished stays", async (t) => {
  const { run, nodes, get, client } = await setup(t);
  await run("web", { initContainers: [{ name: "first", image: "busybox:1" }] });
  await run("done", { restartPolicy: "Never" }, { annotations: { "simulate.atoll.dev/main": "exit=0" } });
  const finished = get("done")!.status;
  nodes.close();
  nodes.network.held.clear();
  await client.delete("nodes", "", "n1");
  await nodes.restart();
  const { status } = get("web")!;
  assert.equal(status.podIP, "10.0.1.3");
  assert.deepEqual(status.podIPs, [{ ip: "10.0.1.3" }]);
  assert.equal(status.phase, "Running");
  assert.ok(status.initContainerStatuses[0].state.terminated, "init containers ran again");
  assert.equal(findCondition(status.conditions, "Ready")!.status, "True");
  assert.deepEqual(get("done")!.status, finished);
});

test("readiness that somebody else takes away comes back, also if the kubelet was away then", async (t) => {
  const { run, nodes, get, client } = await setup(t);
  const isReady = () => get("web")!.status.conditions.find(({ type }: { type: string }) => type === "Ready").status;
  const status = { conditions: [{ type: "Ready", status: "False" }] };
  const takeAway = () => client.patch("pods", "default", "web", "strategic", { status }, { subresource: "status" });
  await run("web");
  await takeAway();
  await nodes.settle();
  assert.equal(isReady(), "True");
  nodes.close();
  await takeAway();
  assert.equal(isReady(), "False");
  await nodes.restart();
  assert.equal(isReady(), "True");
});

test("pods that were deleted while the kubelet was away are ended when it is back", async (t) => {
  const { run, nodes, get, client } = await setup(t);
  await run("web");
  nodes.close();
  await client.delete("pods", "default", "web");
  assert.ok(get("web"));
  await nodes.restart();
  assert.equal(get("web"), undefined);
  assert.equal(nodes.network.held.size, 0);
});

test("host network pods take the node's address and never ask the network", async (t) => {
  const { run, nodes } = await setup(t);
  const { status } = await run("p", { hostNetwork: true });
  assert.equal(status.podIP, "10.0.0.10");
  assert.deepEqual(nodes.network.calls, []);
});

test("activeDeadlineSeconds fails the pod, frees its address, and it can still be deleted", async (t) => {
  const { run, nodes, get, client } = await setup(t);
  await run("p", { activeDeadlineSeconds: 30 });
  await nodes.settle(31_000);
  const { status } = get("p")!;
  assert.deepEqual([status.phase, status.reason], ["Failed", "DeadlineExceeded"]);
  assert.equal(status.containerStatuses[0].state.terminated.exitCode, 137);
  assert.equal(nodes.network.held.size, 0);
  await client.delete("pods", "default", "p");
  await nodes.settle();
  assert.equal(get("p"), undefined);
});

test("containers added for debugging run beside the others and decide nothing about the pod", async (t) => {
  const { run, get, client, nodes } = await setup(t);
  await run("web", { containers: [{ name: "main", image: "i" }] });
  const debug = { name: "debugger", image: "busybox", targetContainerName: "main" };
  await client.patch("pods", "default", "web", "merge", { spec: { ephemeralContainers: [debug] } });
  await nodes.settle();
  const { status } = get("web")!;
  const [debugger_] = status.ephemeralContainerStatuses;
  assert.equal(debugger_.name, "debugger");
  assert.ok(debugger_.state.running.startedAt);
  assert.equal(debugger_.restartCount, 0);
  assert.equal(findCondition(status.conditions, "Ready")!.status, "True");
  assert.equal(status.containerStatuses.length, 1);
  const events = client.list("events").filter(({ involvedObject }) => involvedObject.fieldPath === "spec.ephemeralContainers{debugger}");
  assert.deepEqual(
    events.map(({ reason }) => reason),
    ["Pulled", "Created", "Started"],
  );
});
