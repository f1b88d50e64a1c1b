// A cluster's certificate authority and the certificates it signs: the API server's and clients'.
import "reflect-metadata";
import { KeyObject, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as never);

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const YEAR = 365 * 24 * 3600 * 1000;
/** Certificates are valid from a little before they are made, so that a client whose clock lags accepts them. */
const BACKDATE = 5 * 60 * 1000;

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Makes a self-signed authority named `commonName`, valid `years` (ten) from `now` (epoch milliseconds). */
export async function createAuthority(commonName: string, now: number, years = 10): Promise<KeyPair> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(now + years * YEAR),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), privateKey: await exportKey(keys.privateKey) };
}

/** Issues a TLS server certificate for host names and IP addresses, valid one year. */
export function issueServerCertificate(authority: KeyPair, hosts: readonly string[], now: number): Promise<KeyPair> {
  const names = hosts.map((host) => ({ type: isAddress(host) ? ("ip" as const) : ("dns" as const), value: host }));
  return issue(authority, "CN=kube-apiserver", now, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(names),
  ]);
}

/** Issues a client certificate: `user` becomes the Kubernetes user name, `groups` its groups (common name and organizations). */
export function issueClientCertificate(authority: KeyPair, user: string, groups: readonly string[], now: number): Promise<KeyPair> {
  const subject = new x509.Name([{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))]);
  return issue(authority, subject.toString(), now, [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])]);
}

async function issue(authority: KeyPair, subject: string, now: number, extensions: x509.Extension[]): Promise<KeyPair> {
  const keys = await generateKeys();
  const usages = new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true);
  const lives = { from: now, seconds: YEAR / 1000 };
  const certificate = await signPublicKey(authority, subject, keys.publicKey, [usages, ...extensions], lives);
  return { certificate, privateKey: await exportKey(keys.privateKey) };
}

/** Signs a public key of anybody's: a PEM certificate that is no authority, valid for `seconds` from `from` (epoch milliseconds). */
export async function signPublicKey(
  authority: KeyPair,
  subject: string,
  publicKey: x509.PublicKeyType,
  extensions: readonly x509.Extension[],
  { from, seconds }: { readonly from: number; readonly seconds: number },
): Promise<string> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer.subject,
    publicKey,
    signingKey: await importKey(authority.privateKey),
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(from - BACKDATE),
    notAfter: new Date(from + seconds * 1000),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...extensions,
    ],
  });
  return certificate.toString("pem");
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return KeyObject.from(key).export({ type: "pkcs8", format: "pem" }) as string;
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), ALGORITHM, false, [
    "sign",
  ]) as Promise<webcrypto.CryptoKey>;
}

function isAddress(host: string): boolean {
  return /^[0-9.]+$/.test(host) || host.includes(":");
}
