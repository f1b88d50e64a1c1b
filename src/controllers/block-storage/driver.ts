// The two drivers of EBS volumes: Auto Mode's own and the add-on's. They differ in whose names they act and how they tag.
import { AwsError } from "../../aws/errors.ts";
import type { CallOptions } from "../../aws/operation.ts";
import { DRIVER as AUTO_DRIVER } from "../../clusters/auto-mode/built-in.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import type { ClusterRoleSessions } from "../auto-mode/cluster-role.ts";
import type { ControllerDeps } from "../deps.ts";

const ADDON_DRIVER = "ebs.csi.aws.com";
const SERVICE_ACCOUNT = "ebs-csi-controller-sa";
const EKS = "eks.amazonaws.com";

/** A driver of one cluster. */
export interface Driver {
  readonly name: string;
  /** Auto Mode's, which runs on its own machines and shows no pods. */
  readonly isAuto: boolean;
  /** Tags of its volumes besides those about the claim. */
  readonly tags: Readonly<Record<string, string>>;
  /** For calls that make, change and attach volumes. Rejects with AccessDenied. */
  asWriter(): Promise<CallOptions>;
  /** For calls that delete volumes. */
  asDeleter(): Promise<CallOptions>;
}

/** The drivers that are installed in a cluster. */
export function driversOf(
  deps: ControllerDeps,
  key: string,
  cluster: ClusterRecord,
  kube: KubeClient,
  sessions: ClusterRoleSessions,
): Driver[] {
  const installed = (name: string) => kube.get("csidrivers.storage.k8s.io", "", name) !== undefined;
  const owned = { [`kubernetes.io/cluster/${cluster.name}`]: "owned" };
  const found: Driver[] = [];
  if (cluster.autoMode && installed(AUTO_DRIVER)) {
    found.push({
      ...{ name: AUTO_DRIVER, isAuto: true },
      tags: { "eks:eks-cluster-name": cluster.name, [`${AUTO_DRIVER}/cluster`]: "true", ...owned },
      asWriter: () => sessions.of(cluster),
      asDeleter: async () => asService(deps, cluster),
    });
  }
  if (installed(ADDON_DRIVER)) {
    const asController = async () => asAddon(deps, key, cluster, kube);
    found.push({
      ...{ name: ADDON_DRIVER, isAuto: false },
      tags: { [`${ADDON_DRIVER}/cluster`]: "true", ...owned },
      asWriter: asController,
      asDeleter: asController,
    });
  }
  return found;
}

/** The add-on's controller acts in the role of its service account: by Pod Identity, otherwise by annotation. */
function asAddon({ state, directory, sessions }: ControllerDeps, key: string, cluster: ClusterRecord, kube: KubeClient): CallOptions {
  const association = state.associations
    .list(`${key}/`)
    .find(({ namespace, serviceAccount }) => namespace === "kube-system" && serviceAccount === SERVICE_ACCOUNT);
  const account = kube.get("serviceaccounts", "kube-system", SERVICE_ACCOUNT);
  const roleArn = association?.roleArn ?? account?.metadata.annotations?.["eks.amazonaws.com/role-arn"];
  const role = roleArn === undefined ? undefined : directory.role(roleArn);
  if (!role) throw new AwsError("NoCredentialProviders", "get credentials: failed to refresh cached credentials, no EC2 IMDS role found");
  const caller = sessions.callerFor(role, "aws-ebs-csi-driver", association ? { invokedBy: `pods.${EKS}` } : {});
  return { caller, region: cluster.region, account: cluster.account, sourceIp: EKS, userAgent: "aws-ebs-csi-driver" };
}
