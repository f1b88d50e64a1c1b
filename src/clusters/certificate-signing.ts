// Reads PKCS #10 requests and signs them with a cluster's authority.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { CertificateSigner, CertificateSubject, SigningRequest } from "../kubernetes/controllers/certificates/rules.ts";
import { type KeyPair, signPublicKey } from "./pki.ts";
import { CERTIFICATE_USER } from "./system-roles.ts";

/** A signer that signs with whatever authority signs at that moment; `now` in epoch milliseconds. */
export function certificateSigner(authority: () => KeyPair, now: () => number): CertificateSigner {
  return {
    user: CERTIFICATE_USER,
    async read(pem) {
      const request = parse(pem);
      if (!(await request.verify())) throw new Error("the request's signature does not verify");
      return subjectOf(request);
    },
    async sign({ pem, usages, seconds }: SigningRequest) {
      const request = parse(pem);
      const names = alternativeNames(request);
      const extensions = [
        new x509.KeyUsagesExtension(keyUsages(usages), true),
        new x509.ExtendedKeyUsageExtension(usages.includes("server auth") ? [x509.ExtendedKeyUsage.serverAuth] : []),
        ...(names ? [names] : []),
      ];
      const lives = { from: now(), seconds };
      return signPublicKey(authority(), request.subjectName.toString(), request.publicKey, extensions, lives);
    },
  };
}

const parse = (pem: string) => new x509.Pkcs10CertificateRequest(pem.replaceAll("NEW CERTIFICATE REQUEST", "CERTIFICATE REQUEST"));

const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";

function alternativeNames(request: x509.Pkcs10CertificateRequest): x509.SubjectAlternativeNameExtension | undefined {
  const found = request.getExtension(SUBJECT_ALTERNATIVE_NAME);
  return found ? new x509.SubjectAlternativeNameExtension(found.rawData) : undefined;
}

function subjectOf(request: x509.Pkcs10CertificateRequest): CertificateSubject {
  const names = alternativeNames(request)?.names.items ?? [];
  const ofType = (type: string) => names.filter((each) => each.type === type).map((each) => each.value);
  const [dnsNames, addresses] = [ofType("dns"), ofType("ip")];
  return {
    commonName: request.subjectName.getField("CN")[0] ?? "",
    organizations: request.subjectName.getField("O"),
    dnsNames,
    addresses,
    otherNames: names.length - dnsNames.length - addresses.length,
  };
}

function keyUsages(usages: readonly string[]): x509.KeyUsageFlags {
  let flags = 0;
  if (usages.includes("digital signature")) flags |= x509.KeyUsageFlags.digitalSignature;
  if (usages.includes("key encipherment")) flags |= x509.KeyUsageFlags.keyEncipherment;
  return flags;
}
