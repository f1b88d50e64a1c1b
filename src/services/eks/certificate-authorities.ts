// Certificate authorities of a cluster: the one it was made with (spec eks-control-plane §7.6).
import { createHash, X509Certificate } from "node:crypto";
import type { CertificateAuthority, CertificateAuthoritySummary } from "@aws-sdk/client-eks";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { clusterArn } from "./arn.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { notFound } from "./errors.ts";
import { page } from "./page.ts";
import type { ClusterRecord } from "./records.ts";

/** Derived from the certificate, so that it stays as long as that does. */
function idOf(data: string): string {
  const hex = createHash("sha256").update(data).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

/** The authority in force; none before the control plane is up. */
function authorityOf(cluster: ClusterRecord): { readonly summary: CertificateAuthoritySummary; readonly data: string } | undefined {
  const data = cluster.certificateAuthority;
  if (!data || cluster.status === "CREATING") return undefined;
  const summary: CertificateAuthoritySummary = {
    id: idOf(data),
    createdAt: new Date(cluster.createdAt),
    createdBy: "EKS",
    activatedAt: new Date(cluster.createdAt),
    activatedBy: "EKS",
    signingStatus: "IN_USE",
    distributionStatus: "COMPLETE",
  };
  return { summary, data };
}

function validityOf(data: string): Pick<CertificateAuthority, "validity"> {
  try {
    const { validFrom, validTo } = new X509Certificate(Buffer.from(data, "base64"));
    return { validity: { notBefore: new Date(validFrom), notAfter: new Date(validTo) } };
  } catch {
    // A cluster that Atoll does not run itself may show something else.
    return {};
  }
}

export const certificateAuthorities = {
  ListCertificateAuthorities: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    run(input, call, { state }) {
      const cluster = requireCluster(state, call, input.clusterName);
      const authority = authorityOf(cluster);
      const cut = page(authority ? [authority.summary] : [], input, ["ListCertificateAuthorities", cluster.arn], ({ id }) => id ?? "");
      return { certificateAuthorities: cut.page, nextToken: cut.nextToken };
    },
  },

  DescribeCertificateAuthority: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    run({ clusterName, certificateAuthorityId: id }, call, { state }) {
      const cluster = requireCluster(state, call, clusterName);
      const authority = authorityOf(cluster);
      if (!authority || authority.summary.id !== id) {
        throw notFound(`No certificate authority found for ID: ${id}`, { clusterName: cluster.name });
      }
      const { summary, data } = authority;
      return { certificateAuthority: { ...summary, ...validityOf(data), rollbackAvailable: false, data } };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
