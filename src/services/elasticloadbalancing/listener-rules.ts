// What listeners may be: protocols, ports, certificates, security policies (Elastic Load Balancing API Reference, "CreateListener").
import type { Certificate } from "@aws-sdk/client-elastic-load-balancing-v2";
import { parseArn } from "../../aws/arn.ts";
import { invalid, noCertificate, noSslPolicy, required, tooMany } from "./errors.ts";
import type { ListenerRecord, LoadBalancerRecord } from "./records.ts";
import { DEFAULT_POLICY, policyNames } from "./ssl-policies.ts";

const PROTOCOLS = { application: ["HTTP", "HTTPS"], network: ["TCP", "TLS", "UDP", "TCP_UDP"] } as const;
const ALPN = ["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"];

/** What a listener is besides its actions. */
export type ListenerFacts = Pick<ListenerRecord, "protocol" | "port" | "sslPolicy" | "certificates" | "alpn">;

/** Request members that say what a listener is. */
export interface ListenerInput {
  readonly Protocol?: string | undefined;
  readonly Port?: number | undefined;
  readonly SslPolicy?: string | undefined;
  readonly Certificates?: Certificate[] | undefined;
  readonly AlpnPolicy?: string[] | undefined;
}

/** A listener's facts after a request, over the present ones. Throws ValidationError, CertificateNotFound, SSLPolicyNotFound. */
export function listenerFacts(input: ListenerInput, { kind }: LoadBalancerRecord, present?: ListenerFacts): ListenerFacts {
  const protocol = required(input.Protocol ?? present?.protocol, "Listener protocol");
  const allowed: readonly string[] = PROTOCOLS[kind];
  if (!allowed.includes(protocol)) throw invalid(`Listener protocol '${protocol}' must be one of '${allowed.join(", ")}'`);
  const port = required(input.Port ?? present?.port, "Listener port");
  if (port < 1 || port > 65_535) throw invalid(`Listener port '${port}' must be in the range 1-65535`);
  const secure = protocol === "HTTPS" || protocol === "TLS";
  const certificates = input.Certificates ?? present?.certificates ?? [];
  if (!secure) {
    if (input.Certificates?.length) throw invalid(`Certificates cannot be specified for ${protocol} listeners`);
    if (input.SslPolicy !== undefined) throw invalid(`A security policy cannot be specified for ${protocol} listeners`);
    if (input.AlpnPolicy?.length) throw invalid(`ALPN policies cannot be specified for ${protocol} listeners`);
    return { protocol, port, certificates: [], alpn: [] };
  }
  if (certificates.length === 0) throw invalid(`A certificate must be specified for ${protocol} listeners`);
  if (input.Certificates && input.Certificates.length > 1) throw tooMany("Certificates", "Up to one default certificate can be specified");
  const { sslPolicy: own = DEFAULT_POLICY } = present ?? {};
  const sslPolicy = input.SslPolicy ?? own;
  if (!policyNames.includes(sslPolicy)) throw noSslPolicy(sslPolicy);
  const alpn = input.AlpnPolicy ?? present?.alpn ?? [];
  if (alpn.length > 1 || alpn.some((each) => !ALPN.includes(each))) throw invalid(`ALPN policy '${alpn.join(", ")}' is not valid`);
  return { protocol, port, sslPolicy, certificates: certificates.map(checkCertificate), alpn };
}

/** Certificates are taken by their names: there is no certificate service to ask. */
export function checkCertificate({ CertificateArn = "" }: Certificate): Certificate {
  const arn = parseArn(CertificateArn);
  const acm = arn?.service === "acm" && arn.resource.startsWith("certificate/");
  const iam = arn?.service === "iam" && arn.resource.startsWith("server-certificate/");
  if (!acm && !iam) throw noCertificate(CertificateArn);
  return { CertificateArn };
}
