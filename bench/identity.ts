// Identity: decisions, both ways of a pod to its role, and the cluster's token checks, each beside its bare cryptography or a bare loop.
import { createHash, createHmac, createPublicKey, verify } from "node:crypto";
import { Agent, request } from "node:http";
import { CreatePodIdentityAssociationCommand } from "@aws-sdk/client-eks";
import { presignCallerIdentity, signRequest } from "../src/aws/sigv4.ts";
import { createIrsaRole, createPodIdentityRole } from "../src/cli/demo/roles.ts";
import { waitFor } from "../src/cli/demo/wait.ts";
import type { EmbeddedCluster } from "../src/clusters/embedded-cluster.ts";
import { type Figure, rate } from "./figure.ts";
import type { Installation } from "./installation.ts";

const REGION = "us-west-2";
const ACCOUNT = "111122223333";
const NAMESPACE = "default";
const NAME = "bench-identity";
const STS_AUDIENCE = "sts.amazonaws.com";
const PODS_AUDIENCE = "pods.eks.amazonaws.com";
const SESSIONS = 1000;
const CHECKS = 5000;
const WIDTH = 8;

/** Sessions and token checks per second of a cluster with a ready node. */
export async function identity({ atoll, clients }: Installation, clusterName: string, key: string): Promise<Figure[]> {
  const cluster = atoll.clusters.cluster(key) as EmbeddedCluster;
  const client = cluster.client();
  await client.create("serviceaccounts", NAMESPACE, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: NAME } });
  const irsaRole = await createIrsaRole(clients.iam, cluster.issuer, ACCOUNT, `${NAMESPACE}:${NAME}`);
  const roleArn = await createPodIdentityRole(clients.iam);
  const association = { clusterName, namespace: NAMESPACE, serviceAccount: NAME, roleArn };
  await clients.eks.send(new CreatePodIdentityAssociationCommand(association));
  const spec = { serviceAccountName: NAME, containers: [{ name: "c", image: "busybox" }] };
  const { uid } = (await client.create("pods", NAMESPACE, { apiVersion: "v1", kind: "Pod", metadata: { name: NAME }, spec })).metadata;
  const nodeName: string = await waitFor("a pod", async () => {
    const pod = client.get("pods", NAMESPACE, NAME);
    return pod?.status?.phase === "Running" ? pod.spec.nodeName : undefined;
  });
  const kubelet = cluster.client({ username: `system:node:${nodeName}`, groups: ["system:nodes", "system:authenticated"] });
  const tokenFor = async (audience: string): Promise<string> => {
    const asked = { audiences: [audience], boundObjectRef: { apiVersion: "v1", kind: "Pod", name: NAME, uid } };
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: {}, spec: asked };
    return (await kubelet.post<any>("serviceaccounts", NAMESPACE, NAME, "token", body)).status.token;
  };
  const agent = new Agent({ keepAlive: true, maxSockets: WIDTH });
  try {
    const webToken = await tokenFor(STS_AUDIENCE);
    const bareVerify = await rate(SESSIONS, WIDTH, bareVerification(cluster, webToken));
    return [
      beside("AssumeRoleWithWebIdentity", await webIdentityRate(atoll.endpoint, irsaRole, webToken, agent), bareVerify),
      beside("AssumeRoleForPodIdentity", await podIdentityRate(atoll, clusterName, await tokenFor(PODS_AUDIENCE), agent), bareVerify),
      await tokenChecks(cluster, presignCallerIdentity(atoll.endpoint, clusterName, atoll.rootKey, REGION, Date.now())),
    ];
  } finally {
    agent.destroy();
  }
}

function beside(name: string, value: number, bare: number): Figure {
  return { name, value, unit: "sessions/s", ratio: value / bare, reference: "bare RS256 verification with node:crypto" };
}

/** Verifies a token's signature as simply as it can be done. */
function bareVerification(cluster: EmbeddedCluster, token: string): () => Promise<void> {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const { kid } = JSON.parse(Buffer.from(header, "base64url").toString());
  const jwk = (cluster.keys.jwks().keys as readonly { kid?: string }[]).find((each) => each.kid === kid);
  const publicKey = createPublicKey({ key: jwk as object, format: "jwk" } as Parameters<typeof createPublicKey>[0]);
  return async () => {
    const sound = verify("RSA-SHA256", Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, "base64url"));
    if (!sound) throw new Error("the token does not verify");
  };
}

function webIdentityRate(endpoint: string, RoleArn: string, WebIdentityToken: string, agent: Agent): Promise<number> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const fixed = { Action: "AssumeRoleWithWebIdentity", Version: "2011-06-15", RoleArn, WebIdentityToken };
  const run = (i: number) =>
    post(`${endpoint}/`, headers, new URLSearchParams({ ...fixed, RoleSessionName: `bench-${i}` }).toString(), agent);
  return warm(run);
}

function podIdentityRate({ endpoint, rootKey }: Installation["atoll"], cluster: string, token: string, agent: Agent): Promise<number> {
  const url = `${endpoint}/clusters/${cluster}/assume-role-for-pod-identity`;
  const body = JSON.stringify({ token });
  const unsigned = { method: "POST", url, headers: { "content-type": "application/json" }, body };
  const { host: _, ...headers } = signRequest(unsigned, rootKey, { region: REGION, service: "eks-auth", now: Date.now() });
  return warm(() => post(url, headers, body, agent));
}

async function warm(run: (index: number) => Promise<void>): Promise<number> {
  await rate(SESSIONS / 10, WIDTH, run);
  return rate(SESSIONS, WIDTH, run);
}

function post(url: string, headers: Record<string, string>, body: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sized = { ...headers, "content-length": String(Buffer.byteLength(body)) };
    request(url, { method: "POST", headers: sized, agent }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode} ${text}`))));
    })
      .on("error", reject)
      .end(body);
  });
}

/** TokenReviews of one `aws eks get-token` token: the cluster's authenticator, from the bearer token to the user it maps to. */
async function tokenChecks(cluster: EmbeddedCluster, url: string): Promise<Figure> {
  const token = `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", metadata: {}, spec: { token } };
  const client = cluster.client();
  const check = async () => {
    const { status } = await client.create("tokenreviews.authentication.k8s.io" as "pods", "", review);
    if (!status?.authenticated) throw new Error(`the token was refused: ${JSON.stringify(status)}`);
  };
  await rate(CHECKS / 10, 1, check);
  const value = await rate(CHECKS, 1, check);
  const chain = async () => void hmacChain(url);
  await rate(CHECKS, 1, chain);
  const bare = await rate(CHECKS, 1, chain);
  return { name: "eks get-token checks", value, unit: "checks/s", ratio: value / bare, reference: "bare HMAC chain with node:crypto" };
}

/** A version 4 signature from the secret key on: a hash and five HMACs. Atoll derives the key of a day only once. */
function hmacChain(url: string): string {
  const digest = createHash("sha256").update(url).digest("hex");
  let key: Buffer = Buffer.from("AWS4secret");
  for (const part of ["20260101", REGION, "sts", "aws4_request", digest]) key = createHmac("sha256", key).update(part).digest();
  return key.toString("hex");
}
