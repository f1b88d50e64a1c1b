// The same gateway behind TLS.
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { type Operations, service } from "../../src/aws/operation.ts";
import { signRequest } from "../../src/aws/sigv4.ts";
import { ALICE, NOW, policy, startWorld } from "./support/world.ts";

test("over https: answers name the scheme, and aws:SecureTransport holds", async () => {
  const table = {
    ListClusters: { run: (_input, { endpoint }) => ({ clusters: [endpoint] }) },
  } satisfies Operations<typeof import("@aws-sdk/client-eks"), unknown>;
  const world = await startWorld([service("eks", {}, table)]);
  const secure = { Bool: { "aws:SecureTransport": ["true"] } };
  world.policies.set("alice", { identity: [policy({ effect: "Allow", actions: ["*"], resources: ["*"], conditions: secure })] });

  const { key, cert } = await selfSigned();
  const server = createServer({ key, cert }, world.gateway.handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const headers = signRequest({ method: "GET", url: `${endpoint}/clusters` }, ALICE, { region: "us-west-2", service: "eks", now: NOW });
  const body = await new Promise<string>((resolve, reject) => {
    const call = request(`${endpoint}/clusters`, { headers, ca: cert, servername: "localhost" }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
    });
    call.on("error", reject).end();
  });
  assert.deepEqual(JSON.parse(body), { clusters: [endpoint] });

  const plain = signRequest({ method: "GET", url: `${world.endpoint}/clusters` }, ALICE, { region: "us-west-2", service: "eks", now: NOW });
  const { host: _host, ...sent } = plain;
  assert.equal((await fetch(`${world.endpoint}/clusters`, { headers: sent })).status, 403);
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await world.close();
});

async function selfSigned(): Promise<{ key: string; cert: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name: "CN=localhost", keys: keys as never, signingAlgorithm: algorithm },
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        { type: "dns", value: "localhost" },
        { type: "ip", value: "127.0.0.1" },
      ]),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return { key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`, cert: cert.toString("pem") };
}
