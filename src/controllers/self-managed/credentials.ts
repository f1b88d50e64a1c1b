// The role of an instance, and what a node does in its name before it has joined.
import { AwsError } from "../../aws/errors.ts";
import type { NodeSettings } from "../../nodes/user-data/settings.ts";
import type { RoleFacts } from "../../services/ports.ts";
import type { ControllerDeps } from "../deps.ts";

/** Name, endpoint and authority of the cluster to join. */
export interface Destination {
  readonly clusterName: string;
  readonly endpoint: string;
  readonly certificateAuthority: string;
}

/**
 * Where the settings lead. Settings without an endpoint are completed as bootstrap.sh does it: the cluster is described in the name of
 * the instance's role. Throws AwsError as EKS does.
 */
export async function destinationOf(
  { invoke, sessions }: ControllerDeps,
  settings: NodeSettings,
  role: RoleFacts,
  place: { readonly account: string; readonly region: string; readonly instanceId: string },
): Promise<Destination> {
  const { clusterName, endpoint, certificateAuthority } = settings;
  if (endpoint !== undefined && certificateAuthority !== undefined) return { clusterName, endpoint, certificateAuthority };
  const caller = sessions.callerFor(role, place.instanceId);
  const { cluster } = await invoke(
    "eks",
    "DescribeCluster",
    { name: clusterName },
    { caller, region: place.region, account: place.account },
  );
  if (!cluster?.endpoint || !cluster.certificateAuthority?.data)
    throw new AwsError("ResourceNotFoundException", `Cluster ${clusterName} has no endpoint yet.`);
  return { clusterName, endpoint: cluster.endpoint, certificateAuthority: cluster.certificateAuthority.data };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const certificates = (base64: string) =>
  (Buffer.from(base64, "base64").toString().match(CERTIFICATE) ?? []).map((pem) => pem.replaceAll(/\s/g, ""));

/** Whether somebody who trusts `given` (base64 of PEM) trusts a cluster with the bundle `own`. */
export function trusts(given: string, own: string): boolean {
  const known = new Set(certificates(own));
  return certificates(given).some((each) => known.has(each));
}
