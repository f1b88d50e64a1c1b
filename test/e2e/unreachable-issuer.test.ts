// An identity provider that nobody can reach, as a client that polls sees it: the update fails, the configuration goes, another may come.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import {
  AssociateIdentityProviderConfigCommand,
  DescribeClusterCommand,
  DescribeIdentityProviderConfigCommand,
  DescribeUpdateCommand,
  DisassociateIdentityProviderConfigCommand,
  ListIdentityProviderConfigsCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-eks";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
before(async () => {
  scenario = await startScenario({ nodes: 0 });
});
after(() => scenario.test.close());

const named = { clusterName: "main", identityProviderConfig: { type: "oidc", name: "corp" } };

/** A port on which nobody answers HTTPS: `deaf` closes connections, otherwise nobody listens. */
async function port(deaf: boolean): Promise<{ port: number; close(): void }> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port: number } = server.address() as AddressInfo;
  if (deaf) server.on("connection", (socket) => socket.destroy());
  else await new Promise((resolve) => server.close(resolve));
  return { port: number, close: () => server.close() };
}

/** Polls as Terraform's aws_eks_identity_provider_config does: CREATING goes on, ACTIVE is good, absence is the end. */
async function awaitConfig(): Promise<string> {
  const { eks } = scenario.test.clients;
  return eventually("an end of CREATING", async () => {
    try {
      const { identityProviderConfig } = await eks.send(new DescribeIdentityProviderConfigCommand(named));
      const status = identityProviderConfig?.oidc?.status;
      return status === "CREATING" ? undefined : status;
    } catch (error) {
      assert.ok(error instanceof ResourceNotFoundException, String(error));
      return "absent";
    }
  });
}

for (const deaf of [false, true]) {
  test(`an issuer that ${deaf ? "hangs up" : "is not there"}`, async () => {
    const { eks } = scenario.test.clients;
    const issuer = await port(deaf);
    const oidc = { identityProviderConfigName: "corp", issuerUrl: `https://127.0.0.1:${issuer.port}`, clientId: "kubernetes" };
    const { update } = await eks.send(new AssociateIdentityProviderConfigCommand({ clusterName: "main", oidc, tags: { a: "b" } }));
    assert.equal(update?.status, "InProgress");
    assert.equal(await awaitConfig(), "absent");
    const { update: failed } = await eks.send(new DescribeUpdateCommand({ name: "main", updateId: update.id }));
    assert.equal(failed?.status, "Failed");
    assert.equal(failed.type, "AssociateIdentityProviderConfig");
    const [error, ...others] = failed.errors ?? [];
    assert.equal(others.length, 0);
    assert.equal(error?.errorCode, "Unknown");
    assert.match(error.errorMessage ?? "", /^The discovery document of https:\/\/127\.0\.0\.1:\d+ could not be read: ./);
    assert.equal((await eks.send(new DescribeClusterCommand({ name: "main" }))).cluster?.status, "ACTIVE");
    assert.deepEqual((await eks.send(new ListIdentityProviderConfigsCommand({ clusterName: "main" }))).identityProviderConfigs, []);
    // What a client does that believes it has made something: it takes it away, and is told that there is nothing.
    await assert.rejects(eks.send(new DisassociateIdentityProviderConfigCommand(named)), ResourceNotFoundException);
    issuer.close();
  });
}
