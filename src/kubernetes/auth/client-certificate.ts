// Authenticates TLS client certificates of the cluster's authorities: common name is the user, organizations are the groups.
import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { Clock } from "../../base/clock.ts";
import { certificatesOf, type TrustBundle } from "./trust-bundle.ts";
import type { AuthenticationRequest, Authenticator, UserInfo } from "./types.ts";

const clientAuth = "1.3.6.1.5.5.7.3.2";

/** Verifies the peer's certificate against the authorities themselves, whatever the TLS layer decided. */
export class ClientCertificateAuthenticator implements Authenticator {
  readonly name = "x509";
  readonly #bundle: TrustBundle;
  #parsed: { readonly pem: string; readonly authorities: readonly X509Certificate[] } = { pem: "", authorities: [] };
  readonly #clock: Clock;
  readonly #peers = new WeakMap<TLSSocket, X509Certificate | null>();

  constructor(bundle: TrustBundle, clock: Clock) {
    this.#bundle = bundle;
    this.#clock = clock;
  }

  authenticate({ socket }: AuthenticationRequest): UserInfo | undefined {
    const certificate = socket && this.#peer(socket);
    if (!certificate || !this.#trusts(certificate)) return undefined;
    const names = subjectOf(certificate);
    if (!names.CN[0]) return undefined;
    return { username: names.CN[0], groups: [...new Set([...names.O, "system:authenticated"])] };
  }

  #peer(socket: TLSSocket): X509Certificate | undefined {
    if (typeof socket.getPeerX509Certificate !== "function") return undefined;
    let peer = this.#peers.get(socket);
    if (peer === undefined) {
      peer = socket.getPeerX509Certificate() ?? null;
      this.#peers.set(socket, peer);
    }
    return peer ?? undefined;
  }

  #authorities(): readonly X509Certificate[] {
    const { pem } = this.#bundle;
    if (pem !== this.#parsed.pem) this.#parsed = { pem, authorities: certificatesOf(pem).map((each) => new X509Certificate(each)) };
    return this.#parsed.authorities;
  }

  #trusts(certificate: X509Certificate): boolean {
    const now = this.#clock.now();
    if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) return false;
    if (certificate.ca || !certificate.keyUsage?.includes(clientAuth)) return false;
    return this.#authorities().some((authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey));
  }
}

function subjectOf(certificate: X509Certificate): { CN: string[]; O: string[] } {
  const subject = certificate.toLegacyObject().subject as unknown as Record<string, string | string[] | undefined>;
  const list = (value: string | string[] | undefined) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
  return { CN: list(subject.CN), O: list(subject.O) };
}
