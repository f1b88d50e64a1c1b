// Which certificate authorities a cluster has, and what the end of an update means to them (spec eks-control-plane §7.6).
import { createHash } from "node:crypto";
import type { CertificateAuthorityActivatedBy } from "@aws-sdk/client-eks";
import { clusterKey } from "./arn.ts";
import type { CertificateAuthorityRecord } from "./certificate-authority-records.ts";
import type { ClusterRecord } from "./records.ts";
import type { EksState } from "./state.ts";

/** The service does not say how long the outgoing authority may take over again. In milliseconds. */
const ROLLBACK_PERIOD = 7 * 24 * 3600 * 1000;

/** Derived from the certificate, so that it stays as long as that does. */
function idOf(data: string): string {
  const hex = createHash("sha256").update(data).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

/** The only authority of a cluster that never had a successor; none before the control plane is up. */
function firstAuthority(cluster: ClusterRecord): CertificateAuthorityRecord | undefined {
  const data = cluster.certificateAuthority;
  if (!data || cluster.status === "CREATING") return undefined;
  return {
    ...{ id: idOf(data), first: true, createdAt: cluster.createdAt, createdBy: "EKS", activatedAt: cluster.createdAt },
    ...{ activatedBy: "EKS", signingStatus: "IN_USE", distributionStatus: "COMPLETE", data },
  };
}

/** A cluster's authorities, oldest first. */
export function authoritiesOf(state: EksState, cluster: ClusterRecord): readonly CertificateAuthorityRecord[] {
  const kept = state.certificateAuthorities.list(`${clusterKey(cluster, cluster.name)}/`);
  if (kept.length > 0) return [...kept].sort((a, b) => a.createdAt - b.createdAt || (a.first ? -1 : 1));
  const first = firstAuthority(cluster);
  return first ? [first] : [];
}

/** The authority that signs, as DescribeCluster shows it. */
export function activeAuthority(cluster: ClusterRecord): { id: string; activatedBy: CertificateAuthorityActivatedBy } | undefined {
  const first = firstAuthority(cluster);
  return cluster.activeAuthority ? { ...cluster.activeAuthority } : first && { id: first.id, activatedBy: "EKS" };
}

/** What the end of an update means to the cluster's authorities. */
export function settleAuthorities(state: EksState, key: string, succeeded: boolean, now: number): void {
  const all = state.certificateAuthorities.entries(`${key}/`);
  const next = all.find(([, { signingStatus }]) => signingStatus === "ACTIVATING")?.[1];
  for (const [recordKey, record] of all) {
    const put = (change: Partial<CertificateAuthorityRecord>) => state.certificateAuthorities.put(recordKey, { ...record, ...change });
    if (record.distributionStatus === "IN_PROGRESS") put({ distributionStatus: succeeded ? "COMPLETE" : "FAILED" });
    else if (record.distributionStatus === "DELETING" && succeeded) state.certificateAuthorities.delete(recordKey);
    else if (record.distributionStatus === "DELETING") put({ distributionStatus: record.data ? "COMPLETE" : "FAILED" });
    else if (record.signingStatus === "ACTIVATING" && !succeeded) put({ signingStatus: "NOT_USED" });
    else if (record.signingStatus === "ACTIVATING") {
      const { rollbackUntil: _, ...rest } = record;
      state.certificateAuthorities.put(recordKey, { ...rest, signingStatus: "IN_USE", activatedAt: now, activatedBy: "CUSTOMER" });
    } else if (record.signingStatus === "IN_USE" && next && succeeded) {
      const forward = next.createdAt >= record.createdAt && !next.first;
      put({ signingStatus: "NOT_USED", ...(forward && { rollbackUntil: now + ROLLBACK_PERIOD }) });
    }
  }
}
