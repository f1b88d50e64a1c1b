import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { createAuthority, issueClientCertificate, issueServerCertificate } from "./pki.ts";

test("a server certificate and a client certificate work together over TLS", async () => {
  const now = Date.now();
  const authority = await createAuthority("kubernetes", now);
  const server = await issueServerCertificate(authority, ["localhost", "127.0.0.1", "kubernetes.default.svc"], now);
  const client = await issueClientCertificate(authority, "system:node:ip-10-0-0-1", ["system:nodes", "extra"], now);
  const listener = createServer({
    cert: server.certificate,
    key: server.privateKey,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const accepted = once(listener, "secureConnection") as Promise<[TLSSocket]>;
  const socket = connect({
    port: (listener.address() as AddressInfo).port,
    host: "127.0.0.1",
    ca: authority.certificate,
    cert: client.certificate,
    key: client.privateKey,
  });
  try {
    await once(socket, "secureConnect");
    const [peer] = await accepted;
    const { subject } = peer.getPeerCertificate();
    assert.equal(subject.CN, "system:node:ip-10-0-0-1");
    assert.deepEqual([subject.O].flat(), ["system:nodes", "extra"]);
    peer.destroy();
  } finally {
    socket.destroy();
    listener.close();
  }
});

test("certificates carry the rights they need and no more", async () => {
  const now = Date.now();
  const authority = await createAuthority("kubernetes", now);
  const ca = new X509Certificate(authority.certificate);
  assert.equal(ca.ca, true);
  const leaf = new X509Certificate((await issueServerCertificate(authority, ["localhost"], now)).certificate);
  assert.equal(leaf.ca, false);
  assert.ok(leaf.verify(ca.publicKey));
  assert.ok(leaf.checkHost("localhost"));
  assert.equal(leaf.checkHost("example.com"), undefined);
  const stranger = new X509Certificate((await createAuthority("kubernetes", now)).certificate);
  assert.equal(leaf.verify(stranger.publicKey), false);
});
