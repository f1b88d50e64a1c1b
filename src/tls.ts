// Atoll's own certificate authority and the certificate of its TLS endpoint.
import { createAuthority, issueServerCertificate, type KeyPair } from "./clusters/pki.ts";
import { Collection } from "./store/collection.ts";
import type { Store } from "./store/store.ts";

/** Certificate of the TLS endpoint and the authority clients must trust. */
export interface EndpointCertificate {
  readonly authority: string;
  readonly server: KeyPair;
}

/** The authority is made once; the server certificate anew at every start, valid one year. */
export async function endpointCertificate(store: Store, host: string, now: number): Promise<EndpointCertificate> {
  const records = new Collection<KeyPair>(store, "atoll/authority");
  const authority = records.get("endpoint") ?? records.put("endpoint", await createAuthority("Atoll", now));
  const server = await issueServerCertificate(authority, [...new Set(["localhost", "127.0.0.1", "::1", host])], now);
  return { authority: authority.certificate, server };
}
