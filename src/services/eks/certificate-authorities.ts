// Certificate authorities of a cluster and their rotation: append a successor, activate it, delete the old one (spec eks-control-plane §7.6).
import { X509Certificate } from "node:crypto";
import type { CertificateAuthority, CertificateAuthoritySummary, UpdateParamType } from "@aws-sdk/client-eks";
import { uuid } from "../../aws/ids.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { childKey, clusterArn, clusterKey } from "./arn.ts";
import type { CertificateAuthorityRecord } from "./certificate-authority-records.ts";
import { authoritiesOf } from "./certificate-authority-state.ts";
import { compact } from "./checks.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { invalidParameter, limitExceeded, notFound, resourceInUse } from "./errors.ts";
import { page } from "./page.ts";
import type { ClusterRecord, UpdateRecord } from "./records.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import { params, startClusterUpdate, updateView } from "./updates.ts";

/** The outgoing one and its successor. */
const MOST = 2;
/** From this long before the signer's end on, its successor stays. */
const NO_WAY_BACK = 2 * 365 * 24 * 3600 * 1000;

function summary(record: CertificateAuthorityRecord): CertificateAuthoritySummary {
  const { id, createdAt, createdBy, activatedAt, activatedBy, signingStatus, distributionStatus } = record;
  return compact<CertificateAuthoritySummary>({
    ...{ id, createdAt: new Date(createdAt), createdBy, signingStatus, distributionStatus },
    ...(activatedAt !== undefined && { activatedAt: new Date(activatedAt) }),
    ...(activatedBy && { activatedBy }),
  });
}

function validityOf(data: string | undefined): { notBefore: Date; notAfter: Date } | undefined {
  try {
    const { validFrom, validTo } = new X509Certificate(Buffer.from(data ?? "", "base64"));
    return { notBefore: new Date(validFrom), notAfter: new Date(validTo) };
  } catch {
    // A cluster that Atoll does not run itself may show something else.
    return undefined;
  }
}

/** An authority that gave way to a newer one may take over again for a while only; that is a rollback. */
function isOutgoing(record: CertificateAuthorityRecord, signer: CertificateAuthorityRecord | undefined): boolean {
  return signer !== undefined && record.id !== signer.id && (record.first || record.createdAt < signer.createdAt);
}

const rollbackAvailable = (record: CertificateAuthorityRecord, now: number) => (record.rollbackUntil ?? 0) > now;

interface AuthorityInput {
  readonly clusterName?: string | undefined;
  readonly certificateAuthorityId?: string | undefined;
  readonly clientRequestToken?: string | undefined;
}

/** A cluster, its authorities, and the one a request names. Throws ResourceNotFoundException. */
function requireAuthority(input: AuthorityInput, call: Call, { state }: EksDeps) {
  const cluster = requireCluster(state, call, input.clusterName);
  const all = authoritiesOf(state, cluster);
  const authority = all.find(({ id }) => id === input.certificateAuthorityId);
  if (!authority) {
    throw notFound(`No certificate authority found for ID: ${input.certificateAuthorityId}`, { clusterName: cluster.name });
  }
  return { cluster, all, authority, signer: all.find(({ signingStatus }) => signingStatus === "IN_USE") };
}

const PARAMETER = "CertificateAuthorityId";

/** The update that an earlier request with the same token made, and the authority it was about (also if it is gone by now). */
function answered(operation: string, input: AuthorityInput, call: Call, { state, clock }: EksDeps) {
  const clusterName = input.clusterName ?? "";
  const use = { clusterKey: clusterKey(call, clusterName), operation, token: input.clientRequestToken, input, now: clock.now() };
  const earlier = earlierResult(state, use);
  const update = earlier === undefined ? undefined : state.updates.get(childKey(call, clusterName, earlier));
  if (!update) return { use, answer: undefined };
  const id = update.params.find(({ type }) => type === PARAMETER)?.value ?? "";
  const record = state.certificateAuthorities.get(childKey(call, clusterName, id));
  return { use, answer: { update: updateView(update), certificateAuthority: record ? summary(record) : { id } } };
}

/** Starts the update that brings `changed` about; the cluster's other authorities are recorded too, if they were not before. */
function begin(
  { call, deps, cluster, all }: { call: Call; deps: EksDeps; cluster: ClusterRecord; all: readonly CertificateAuthorityRecord[] },
  changed: CertificateAuthorityRecord,
  parameters: Partial<Record<UpdateParamType, unknown>>,
  change: UpdateRecord["change"],
  use: Parameters<typeof rememberResult>[1],
) {
  const wanted = { type: "CertificateAuthorityUpdate" as const, params: params({ [PARAMETER]: changed.id, ...parameters }), change };
  const update = startClusterUpdate(deps, call, cluster.name, wanted, ({ id }) => {
    for (const record of [...all.filter((other) => other.id !== changed.id), changed]) {
      deps.state.certificateAuthorities.put(childKey(call, cluster.name, record.id), record);
    }
    rememberResult(deps.state, use, id);
  });
  return { update: updateView(update), certificateAuthority: summary(changed) };
}

/** Throws InvalidParameterException unless the cluster is ACTIVE; the operations model no InvalidRequestException. */
function checkActive(cluster: ClusterRecord, busy: typeof invalidParameter): void {
  const subject = { clusterName: cluster.name };
  if (cluster.activeUpdate) {
    throw busy(
      `Cannot CertificateAuthorityUpdate because cluster ${cluster.name} currently has update ${cluster.activeUpdate} in progress`,
      subject,
    );
  }
  if (cluster.status !== "ACTIVE") throw invalidParameter(`Cluster '${cluster.name}' is not in ACTIVE status`, subject);
}

const resource = ({ clusterName }: AuthorityInput, call: Call) => clusterArn(call, clusterName ?? "");

export const certificateAuthorities = {
  CreateCertificateAuthority: {
    resource,
    run(input, call, deps) {
      const { use, answer } = answered("CreateCertificateAuthority", input, call, deps);
      if (answer) return answer;
      const cluster = requireCluster(deps.state, call, input.clusterName);
      checkActive(cluster, resourceInUse);
      const all = authoritiesOf(deps.state, cluster);
      if (all.length >= MOST) {
        throw limitExceeded(`Cluster ${cluster.name} already has ${MOST} certificate authorities`, { clusterName: cluster.name });
      }
      const successor: CertificateAuthorityRecord = {
        ...{ id: uuid(deps.random), first: false, createdAt: deps.clock.now(), createdBy: "CUSTOMER" },
        ...{ signingStatus: "NOT_USED", distributionStatus: "IN_PROGRESS" },
      };
      const trusted = [...all, successor].map(({ id }) => id);
      return begin({ call, deps, cluster, all }, successor, { TrustedCertificateAuthorities: trusted }, {}, use);
    },
  },

  ListCertificateAuthorities: {
    resource,
    run(input, call, { state }) {
      const cluster = requireCluster(state, call, input.clusterName);
      const all = authoritiesOf(state, cluster).map(summary);
      const cut = page(all, input, ["ListCertificateAuthorities", cluster.arn], ({ id }) => id ?? "");
      return { certificateAuthorities: cut.page, nextToken: cut.nextToken };
    },
  },

  DescribeCertificateAuthority: {
    resource,
    run(input, call, deps) {
      const { authority } = requireAuthority(input, call, deps);
      return {
        certificateAuthority: compact<CertificateAuthority>({
          ...summary(authority),
          validity: validityOf(authority.data),
          rollbackAvailable: rollbackAvailable(authority, deps.clock.now()),
          data: authority.data,
        }),
      };
    },
  },

  ActivateCertificateAuthority: {
    resource,
    run(input, call, deps) {
      const { use, answer } = answered("ActivateCertificateAuthority", input, call, deps);
      if (answer) return answer;
      const { cluster, all, authority, signer } = requireAuthority(input, call, deps);
      checkActive(cluster, invalidParameter);
      const refuse = (reason: string) => {
        throw invalidParameter(`Certificate authority ${authority.id} cannot be activated: ${reason}`, { clusterName: cluster.name });
      };
      if (authority.signingStatus !== "NOT_USED") refuse(`its signing status is ${authority.signingStatus}`);
      if (authority.distributionStatus !== "COMPLETE") refuse(`its distribution status is ${authority.distributionStatus}`);
      if (isOutgoing(authority, signer) && !rollbackAvailable(authority, deps.clock.now())) refuse("rollback is no longer available");
      const changed = { ...authority, signingStatus: "ACTIVATING" as const };
      const parameters = { SigningStatus: changed.signingStatus, ActiveCertificateAuthority: authority.id };
      const change = { activeAuthority: { id: authority.id, activatedBy: "CUSTOMER" as const } };
      return begin({ call, deps, cluster, all }, changed, parameters, change, use);
    },
  },

  DeleteCertificateAuthority: {
    resource,
    run(input, call, deps) {
      const { use, answer } = answered("DeleteCertificateAuthority", input, call, deps);
      if (answer) return answer;
      const { cluster, all, authority, signer } = requireAuthority(input, call, deps);
      const subject = { clusterName: cluster.name };
      checkActive(cluster, resourceInUse);
      if (authority.signingStatus !== "NOT_USED") {
        throw resourceInUse(
          `Certificate authority ${authority.id} cannot be deleted: its signing status is ${authority.signingStatus}`,
          subject,
        );
      }
      const end = validityOf(signer?.data)?.notAfter.getTime() ?? Number.POSITIVE_INFINITY;
      const late = deps.clock.now() >= end - NO_WAY_BACK;
      if (!isOutgoing(authority, signer) && (authority.createdBy === "EKS" || late)) {
        throw invalidParameter(`Certificate authority ${authority.id} cannot be deleted: the cluster needs it as a successor`, subject);
      }
      const changed = { ...authority, distributionStatus: "DELETING" as const };
      const trusted = all.map(({ id }) => id).filter((id) => id !== authority.id);
      return begin({ call, deps, cluster, all }, changed, { TrustedCertificateAuthorities: trusted }, {}, use);
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
