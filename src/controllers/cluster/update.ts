// UPDATING to ACTIVE: applies the update in progress, or takes it back (spec eks-control-plane §5.5, §5.6, §6).

import { isWindows } from "../../services/eks/ami-types.ts";
import { childKey } from "../../services/eks/arn.ts";
import { settleAuthorities } from "../../services/eks/certificate-authority-state.ts";
import { settleIdentityProvider } from "../../services/eks/identity-providers.ts";
import type { ClusterRecord, UpdateRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import { updatedCluster } from "../../services/eks/settings.ts";
import { ensureDefaultEntries, ensureFargateEntry, ensureNodeEntry } from "../access.ts";
import { installAutoMode } from "../auto-mode/install.ts";
import { tearDownAutoMode } from "../auto-mode/teardown.ts";
import type { ControllerDeps } from "../deps.ts";
import { Failure, failureOf } from "../issues.ts";
import type { Again } from "../loop.ts";
import { remaining } from "../timing.ts";
import { amend } from "./amend.ts";
import { arrangeAuthorities, isDistributed } from "./authorities.ts";
import { clusterFacts } from "./facts.ts";
import { deleteInterfaces, listInterfaces, makeInterfaces } from "./interfaces.ts";
import { ensureLogGroup } from "./log-group.ts";
import { ensureSecurityGroup } from "./security-group.ts";

/** Works on the cluster's update in progress; it ends Successful or Failed, and the cluster ACTIVE either way. */
export async function updateCluster(
  deps: ControllerDeps,
  key: string,
  cluster: ClusterRecord,
  failures: number,
): Promise<Again | undefined> {
  const update = cluster.activeUpdate ? deps.state.updates.get(childKey(cluster, cluster.name, cluster.activeUpdate)) : undefined;
  if (update?.status !== "InProgress") {
    const { activeUpdate: _, ...rest } = cluster;
    deps.state.clusters.put(key, { ...rest, status: "ACTIVE" });
    return undefined;
  }
  try {
    return await apply(deps, key, cluster, update, failures);
  } catch (error) {
    const failure = failureOf(error, failures);
    if (!failure) throw error;
    await takeBack(deps, key, update);
    finish(deps, key, update, failure);
    if (update.type === "CertificateAuthorityUpdate") await arrangeAuthorities(deps, key, cluster).catch(onlySaid(deps, key));
    return undefined;
  }
}

/** After a failure what can be put back is; the rest is left to the next update. */
const onlySaid =
  ({ log }: ControllerDeps, key: string) =>
  (error: unknown) =>
    log.warn({ cluster: key, err: error }, "what a failed update changed could not be put back");

const REPLACES_INTERFACES = new Set(["VpcConfigUpdate", "VersionUpdate", "VersionRollback"]);

async function apply(
  deps: ControllerDeps,
  key: string,
  cluster: ClusterRecord,
  update: UpdateRecord,
  failures: number,
): Promise<Again | undefined> {
  const service = asService(deps, cluster);
  const target = updatedCluster(cluster, update, deps.clock.now());
  const clusterSecurityGroupId = await ensureSecurityGroup(deps, cluster, service);
  let current = amend(deps, key, "UPDATING", { clusterSecurityGroupId });
  if (!current) return undefined;
  if (REPLACES_INTERFACES.has(update.type)) current = await replaceInterfaces(deps, key, current, target, update.id);
  if (!current) return undefined;
  if (update.type === "AssociateIdentityProviderConfig") await checkIssuer(deps, key, failures);
  if (target.logTypes.length > 0) await ensureLogGroup(deps, cluster.name, service);

  const addresses = (await listInterfaces(deps, current, service))
    .map((found) => found.PrivateIpAddress)
    .filter((address) => address !== undefined);
  if (update.type === "CertificateAuthorityUpdate") await arrangeAuthorities(deps, key, current);
  const running = await deps.clusters.apply(clusterFacts(key, target, addresses));
  const kube = deps.clusters.kube(key);
  if (update.type === "CertificateAuthorityUpdate" && kube && !isDistributed(kube, running.certificateAuthority)) return { after: 25 };
  if (update.type === "AutoModeUpdate" && !(await switchAutoMode(deps, key, cluster, target))) return { after: 200 };
  const versionMoves = update.type === "VersionUpdate" || update.type === "VersionRollback";
  const duration = versionMoves ? deps.timing.versionUpdate : deps.timing.clusterUpdate;
  const wait = remaining(deps.clock.now(), update.createdAt, duration);
  if (wait > 0) return { after: wait };
  if (update.type === "AccessConfigUpdate") openEntries(deps, target);
  amend(deps, key, "UPDATING", running);
  finish(deps, key, update, undefined);
  return undefined;
}

/** What turning Auto Mode on or off brings and takes; true when it is done. */
async function switchAutoMode(deps: ControllerDeps, key: string, cluster: ClusterRecord, target: ClusterRecord): Promise<boolean> {
  if (!target.autoMode) return !cluster.autoMode || tearDownAutoMode(deps, key, cluster);
  const kube = deps.clusters.kube(key);
  if (kube) await installAutoMode(deps, kube, target);
  return kube !== undefined;
}

/** New interfaces first, then the old ones go. Done once per update, however often it is resumed. */
async function replaceInterfaces(
  deps: ControllerDeps,
  key: string,
  cluster: ClusterRecord,
  target: ClusterRecord,
  generation: string,
): Promise<ClusterRecord | undefined> {
  const service = asService(deps, cluster);
  let current: ClusterRecord | undefined = cluster;
  if (cluster.interfaces?.generation !== generation) {
    const ids = await makeInterfaces(deps, cluster, target, service);
    current = amend(deps, key, "UPDATING", { interfaces: { ids, generation } });
  }
  if (current) await deleteInterfaces(deps, current, current.interfaces?.ids ?? [], service);
  return current;
}

/** After a failure the interfaces are as the old settings want them. */
async function takeBack(deps: ControllerDeps, key: string, update: UpdateRecord): Promise<void> {
  const cluster = deps.state.clusters.get(key);
  if (!cluster || !REPLACES_INTERFACES.has(update.type)) return;
  const restored =
    cluster.interfaces?.generation === update.id
      ? replaceInterfaces(deps, key, cluster, cluster, `${update.id}/back`)
      : deleteInterfaces(deps, cluster, cluster.interfaces?.ids ?? [], asService(deps, cluster));
  await restored.catch(onlySaid(deps, key));
}

/** An issuer may start together with Atoll, as those of its own clusters do: it is asked that often again. */
const ISSUER_PATIENCE = 3;

/** The issuer must publish its keys. Throws Failure if it does not, an ordinary error while it is worth asking again. */
async function checkIssuer({ state, issuerProblem }: ControllerDeps, key: string, failures: number): Promise<void> {
  const config = state.identityProviders.list(`${key}/`).find(({ status }) => status === "CREATING");
  const problem = config && (await issuerProblem?.(config.issuerUrl));
  if (!problem) return;
  const message = `The discovery document of ${config.issuerUrl} could not be read: ${problem}`;
  if (failures < ISSUER_PATIENCE) throw new Error(message);
  const codes = { cluster: "Other", nodegroup: "Unknown", update: "Unknown" } as const;
  throw new Failure(codes, message, []);
}

/** Leaving CONFIG_MAP mode gives the creator and the roles of existing node groups their entries. */
function openEntries(deps: ControllerDeps, cluster: ClusterRecord): void {
  if (cluster.authenticationMode !== "API_AND_CONFIG_MAP") return;
  ensureDefaultEntries(deps, cluster);
  for (const nodegroup of deps.state.nodegroups.list(`${cluster.account}/${cluster.region}/${cluster.name}/`)) {
    ensureNodeEntry(deps, cluster, nodegroup.nodeRole, isWindows(nodegroup.amiType));
  }
  for (const profile of deps.state.fargateProfiles.list(`${cluster.account}/${cluster.region}/${cluster.name}/`)) {
    ensureFargateEntry(deps, cluster, profile.podExecutionRoleArn);
  }
}

function finish({ state, clock }: ControllerDeps, key: string, update: UpdateRecord, failure: Failure | undefined): void {
  const cluster = state.clusters.get(key);
  if (cluster?.activeUpdate !== update.id) return;
  const now = clock.now();
  const updateKey = childKey(cluster, cluster.name, update.id);
  state.store.transact(() => {
    settleIdentityProvider(state, key, update.type, !failure);
    if (update.type === "CertificateAuthorityUpdate") settleAuthorities(state, key, !failure, now);
    if (failure) {
      const { activeUpdate: _, ...rest } = cluster;
      const errors = [{ errorCode: failure.update, errorMessage: failure.message, resourceIds: failure.resourceIds }];
      state.clusters.put(key, { ...rest, status: "ACTIVE" });
      state.updates.put(updateKey, { ...update, status: "Failed", errors, finishedAt: now });
    } else {
      state.clusters.put(key, updatedCluster(cluster, update, now));
      state.updates.put(updateKey, { ...update, status: "Successful", finishedAt: now });
    }
  });
}
