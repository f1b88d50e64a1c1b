// The certificate thumbprint IAM takes of an issuer when the customer gives none.
import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { connect, type DetailedPeerCertificate } from "node:tls";

const TIMEOUT = 5000;

/** SHA-1, lower-case hex, of the last certificate the issuer's host presents (spec identity §2.2). Rejects if it cannot be reached. */
export function presentedThumbprint(issuer: string): Promise<string> {
  const { hostname, port } = new URL(issuer);
  return new Promise((resolve, reject) => {
    // The certificate is recorded, not trusted: verification happens when tokens are exchanged.
    const socket = connect({
      host: hostname,
      ...(isIP(hostname) ? {} : { servername: hostname }),
      port: port ? Number(port) : 443,
      rejectUnauthorized: false,
      timeout: TIMEOUT,
    });
    socket.once("secureConnect", () => {
      const last = lastOf(socket.getPeerCertificate(true));
      socket.destroy();
      if (last.raw) resolve(createHash("sha1").update(last.raw).digest("hex"));
      else reject(new Error("the host presented no certificate"));
    });
    socket.once("timeout", () => socket.destroy(new Error("the host did not answer in time")));
    socket.once("error", reject);
  });
}

function lastOf(certificate: DetailedPeerCertificate): DetailedPeerCertificate {
  let current = certificate;
  while (current.issuerCertificate && current.issuerCertificate !== current) current = current.issuerCertificate;
  return current;
}
