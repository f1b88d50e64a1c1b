// Certificate authorities as the records want them: made, trusted everywhere, signing (spec eks-control-plane §7.6).
import { FIRST_AUTHORITY } from "../../clusters/provider.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { CertificateAuthorityRecord } from "../../services/eks/certificate-authority-records.ts";
import { authoritiesOf } from "../../services/eks/certificate-authority-state.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import type { ControllerDeps } from "../deps.ts";

const nameOf = ({ id, first }: CertificateAuthorityRecord) => (first ? FIRST_AUTHORITY : id);

/** Arranges the cluster's authorities and keeps their certificates. Done again, it changes nothing. */
export async function arrangeAuthorities({ state, clusters }: ControllerDeps, key: string, cluster: ClusterRecord): Promise<void> {
  const all = authoritiesOf(state, cluster);
  const trusted = all.filter(({ distributionStatus: status }) => status !== "DELETING" && status !== "FAILED");
  const signer =
    trusted.find(({ signingStatus }) => signingStatus === "ACTIVATING") ?? trusted.find(({ signingStatus }) => signingStatus === "IN_USE");
  if (!signer) throw new Error("no certificate authority of the cluster signs");
  const certificates = await clusters.authorities(key, { trusted: trusted.map(nameOf), signer: nameOf(signer) });
  for (const record of trusted) {
    const data = certificates[nameOf(record)];
    if (data !== undefined && data !== record.data)
      state.certificateAuthorities.update(`${key}/${record.id}`, (current) => ({ ...current, data }));
  }
}

/** Whether every namespace has the bundle (base64 of PEM) for its pods. */
export function isDistributed(kube: KubeClient, bundle: string): boolean {
  const wanted = Buffer.from(bundle, "base64").toString();
  return kube
    .list("configmaps")
    .filter(({ metadata }) => metadata.name === "kube-root-ca.crt" && isThere(kube, metadata.namespace))
    .every(({ data }) => data?.["ca.crt"] === wanted);
}

function isThere(kube: KubeClient, namespace: string | undefined): boolean {
  const found = kube.get("namespaces", "", namespace ?? "");
  return found !== undefined && !found.metadata.deletionTimestamp;
}
