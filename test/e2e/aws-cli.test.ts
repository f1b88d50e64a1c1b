// The AWS CLI, unmodified: an EKS cluster from an empty account to its end.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DescribeClusterCommand } from "@aws-sdk/client-eks";
import { startTestAtoll, type TestAtoll } from "../support/atoll.ts";
import { kubectl } from "../support/kubectl.ts";
import { onPath, type Result, run } from "../support/run.ts";

const script = (name: string) => fileURLToPath(new URL(`../../examples/aws-cli/${name}`, import.meta.url));
/** The CLI's waiters look every thirty seconds: one that does not return at its first look fails here. */
const FIRST_LOOK = 10_000;

describe("AWS CLI", { skip: !onPath("aws") && "needs the AWS CLI (aws)" }, () => {
  let atoll: TestAtoll;
  let env: Record<string, string>;
  before(async () => {
    atoll = await startTestAtoll();
    env = { ...atoll.environment(), AWS_DEFAULT_OUTPUT: "json" };
  });
  after(() => atoll?.close());

  const attempt = (command: string): Promise<Result> => run("aws", command.split(" "), { env, patience: FIRST_LOOK });
  /** A call that succeeds without a word on standard error; its answer. */
  const aws = async (command: string): Promise<any> => {
    const { code, stdout, stderr } = await attempt(command);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    return stdout === "" ? undefined : JSON.parse(stdout);
  };

  test("the example brings up a cluster with two nodes", async () => {
    const { code, stdout, stderr } = await run("sh", [script("cluster.sh"), "dev"], { env, patience: 60_000 });
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    assert.match(stdout, /^Added new context arn:aws:eks:us-west-2:111122223333:cluster\/dev to \S+\.kube\/config\n$/);
  });

  test("kubectl gets in with the kubeconfig and the token of the CLI", { skip: !kubectl("33") && "needs kubectl" }, async () => {
    const { code, stdout, stderr } = await run(kubectl("33")!, ["get", "nodes", "-o=jsonpath={.items[*].status.conditions[-1].type}"], {
      env,
    });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "Ready Ready");
    assert.equal(stderr, "");
    const { kind, status } = await aws("eks get-token --cluster-name dev");
    assert.equal(kind, "ExecCredential");
    assert.match(status.token, /^k8s-aws-v1\./);
  });

  test("describe and list tell what was made", async () => {
    const { cluster } = await aws("eks describe-cluster --name dev");
    assert.deepEqual([cluster.status, cluster.tags, cluster.accessConfig.authenticationMode], ["ACTIVE", {}, "CONFIG_MAP"]);
    assert.match(cluster.endpoint, /^https:\/\//);
    assert.deepEqual(await aws("eks list-clusters"), { clusters: ["dev"] });
    assert.deepEqual(await aws("eks list-nodegroups --cluster-name dev"), { nodegroups: ["workers"] });
    const { nodegroup } = await aws("eks describe-nodegroup --cluster-name dev --nodegroup-name workers");
    assert.deepEqual([nodegroup.status, nodegroup.health.issues], ["ACTIVE", []]);
    const { Reservations } = await aws("ec2 describe-instances --filters Name=tag:eks:cluster-name,Values=dev");
    assert.equal(Reservations.flatMap((each: { Instances: object[] }) => each.Instances).length, 2);
  });

  test("who calls", async () => {
    assert.deepEqual(await aws("sts get-caller-identity"), {
      UserId: "111122223333",
      Account: "111122223333",
      Arn: "arn:aws:iam::111122223333:root",
    });
    const { Roles } = await aws("iam list-roles --path-prefix /");
    const names = Roles.map(({ RoleName }: { RoleName: string }) => RoleName).filter((name: string) => name.startsWith("dev-"));
    assert.deepEqual(names, ["dev-cluster", "dev-node"]);
  });

  test("pods take addresses of the subnets and give them back", { skip: !kubectl("33") && "needs kubectl" }, async () => {
    const free = async (): Promise<number> => {
      const { Subnets } = await aws("ec2 describe-subnets --filters Name=cidr-block,Values=10.80.0.0/24,10.80.1.0/24");
      return Subnets.reduce(
        (sum: number, { AvailableIpAddressCount }: { AvailableIpAddressCount: number }) => sum + AvailableIpAddressCount,
        0,
      );
    };
    const before = await free();
    const k = async (...args: string[]) => assert.equal((await run(kubectl("33")!, args, { env })).code, 0, args.join(" "));
    await k("create", "deployment", "web", "--image=nginx", "--replicas=30");
    await k("rollout", "status", "deployment/web", "--timeout=20s");
    const during = await free();
    assert.ok(during <= before - 10, `${during} of ${before}: an interface more on each node`);
    await k("delete", "deployment", "web");
  });

  test("errors are the service's, with its code", async () => {
    const { stderr } = await attempt("eks describe-cluster --name other");
    assert.match(
      stderr,
      /An error occurred \(ResourceNotFoundException\) when calling the DescribeCluster operation: No cluster found for name: other\.\n/,
    );
    const inUse = await attempt("eks delete-cluster --name dev");
    assert.match(inUse.stderr, /\(ResourceInUseException\) when calling the DeleteCluster operation: Cluster has nodegroups attached/);
  });

  test("CloudTrail has recorded it", async () => {
    const { Events } = await aws("cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=CreateCluster");
    assert.equal(Events.length, 1);
    const event = JSON.parse(Events[0].CloudTrailEvent);
    assert.deepEqual([event.eventSource, event.userIdentity.type, event.requestParameters.name], ["eks.amazonaws.com", "Root", "dev"]);
    assert.match(event.userAgent, /aws-cli/);
  });

  test("deleted, waited for, gone", async () => {
    await aws("eks delete-nodegroup --cluster-name dev --nodegroup-name workers");
    await aws("eks wait nodegroup-deleted --cluster-name dev --nodegroup-name workers");
    await aws("eks delete-cluster --name dev");
    await aws("eks wait cluster-deleted --name dev");
    assert.deepEqual(await aws("eks list-clusters"), { clusters: [] });
    const { NetworkInterfaces } = await aws("ec2 describe-network-interfaces");
    assert.deepEqual(NetworkInterfaces, []);
  });
});

test("the example of Auto Mode brings up a cluster without nodes", { skip: !onPath("aws") && "needs the AWS CLI (aws)" }, async () => {
  const atoll = await startTestAtoll();
  try {
    const env = atoll.environment();
    const { code, stderr } = await run("sh", [script("auto-mode.sh"), "auto"], { env, patience: 60_000 });
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    const { cluster } = await atoll.clients.eks.send(new DescribeClusterCommand({ name: "auto" }));
    assert.deepEqual(cluster?.computeConfig?.nodePools, ["general-purpose", "system"]);
  } finally {
    await atoll.close();
  }
});
