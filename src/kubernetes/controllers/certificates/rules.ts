// Which certificate requests a cluster on EKS approves by itself, and which it signs.
import type { KubeObject } from "../../api/object.ts";

/** A request as read from its PEM. */
export interface CertificateSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  /** E-mail addresses, URIs and other names. */
  readonly otherNames: number;
}

/** What may be signed: the request, what for, and for how long. */
export interface SigningRequest {
  /** PKCS #10, PEM. */
  readonly pem: string;
  readonly usages: readonly string[];
  readonly seconds: number;
}

/** Reads requests and signs them with the cluster's authority. */
export interface CertificateSigner {
  /** Whom the controller acts as; the user needs `approve` and `sign` on the signers. */
  readonly user: string;
  /** Throws Error if the request is malformed or its signature is wrong. */
  read(pem: string): Promise<CertificateSubject>;
  /** A certificate chain, PEM. */
  sign(request: SigningRequest): Promise<string>;
}

export const kubeletServing = "kubernetes.io/kubelet-serving";
/** EKS's signer of serving certificates for anything (EKS User Guide, "Certificate signing"). */
export const appServing = "beta.eks.amazonaws.com/app-serving";

const serving = ["key encipherment", "digital signature", "server auth"];
/** Certificates live a year at most. Seconds. */
const year = 365 * 24 * 3600;

/** Why a signer does not sign a request; undefined if it does. Client certificates are signed by no signer on EKS. */
export function refusal(signer: string, request: KubeObject, subject: CertificateSubject): string | undefined {
  const usages: string[] = request.spec?.usages ?? [];
  const foreign = usages.filter((usage) => !serving.includes(usage));
  if (signer === appServing)
    return foreign.length > 0 ? `invalid usage for signer ${signer}: ${foreign.map((each) => JSON.stringify(each)).join(", ")}` : undefined;
  if (subject.organizations.length !== 1 || subject.organizations[0] !== "system:nodes") return "subject organization is not system:nodes";
  if (subject.dnsNames.length === 0 && subject.addresses.length === 0) return "DNS or IP subjectAltName is required";
  if (subject.otherNames > 0) return "email and URI subjectAltNames are not allowed";
  if (foreign.length > 0 || !usages.includes("digital signature") || !usages.includes("server auth"))
    return "usages did not match expected [digital signature,server auth]";
  if (!subject.commonName.startsWith("system:node:")) return "subject common name does not begin with system:node:";
  return undefined;
}

/** Whether a request is a kubelet's for its own serving certificate. */
export function isOwnServing(request: KubeObject, subject: CertificateSubject): boolean {
  return request.spec?.username === subject.commonName && refusal(kubeletServing, request, subject) === undefined;
}

/** How long a certificate for a request lives, in seconds. */
export function lifetime(request: KubeObject): number {
  return Math.min(request.spec?.expirationSeconds ?? year, year);
}
