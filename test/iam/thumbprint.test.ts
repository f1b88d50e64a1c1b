import "reflect-metadata";
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createServer } from "node:tls";
import { createAuthority, issueServerCertificate } from "../../src/clusters/pki.ts";
import { presentedThumbprint } from "../../src/services/iam/thumbprint.ts";

test("the thumbprint is that of the last certificate presented", async (t) => {
  const now = Date.now();
  const authority = await createAuthority("test", now);
  const { certificate, privateKey } = await issueServerCertificate(authority, ["localhost"], now);
  const server = createServer({ key: privateKey, cert: `${certificate}\n${authority.certificate}` });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const expected = createHash("sha1").update(new X509Certificate(authority.certificate).raw).digest("hex");
  assert.equal(await presentedThumbprint(`https://localhost:${(server.address() as AddressInfo).port}/id/x`), expected);
});

test("a host that does not answer has none", async () => {
  await assert.rejects(presentedThumbprint("https://127.0.0.1:1/"));
});
