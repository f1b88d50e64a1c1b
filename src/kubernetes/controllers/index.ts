// Every controller of a cluster in one flat list, and the loop that runs them.
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { ResourceType } from "../api/object.ts";
import { API_SERVER, CONTROLLER_MANAGER, controllerUser } from "../auth/components.ts";
import { asTrustBundle, type TrustBundle } from "../auth/trust-bundle.ts";
import type { KubeClient } from "../client/client.ts";
import type { UsageSource } from "../kubelet/usage.ts";
import { Activity } from "../runtime/activity.ts";
import type { ResourceCatalog } from "../runtime/catalog.ts";
import { type Controller, type ControllerDeps, runController } from "../runtime/controller.ts";
import { createEventRecorder } from "../runtime/events.ts";
import { Stores } from "../runtime/stores.ts";
import { accountTokensController, type TokenSigner } from "./access/account-tokens.ts";
import { clusterRoleAggregationController } from "./access/aggregation.ts";
import { componentAccountsController } from "./access/component-accounts.ts";
import { publishedConfigController } from "./access/published-config.ts";
import { rootCaController } from "./access/root-ca.ts";
import { serviceAccountController } from "./access/service-accounts.ts";
import { apiServiceController } from "./api-services/controller.ts";
import { customRegistrationController } from "./api-services/registration.ts";
import { autoscalerController } from "./autoscaling/controller.ts";
import { clusterMetrics } from "./autoscaling/metrics.ts";
import { certificateController } from "./certificates/controller.ts";
import type { CertificateSigner } from "./certificates/rules.ts";
import { cronJobController } from "./cronjob/controller.ts";
import { daemonSetController } from "./daemonset/controller.ts";
import { deploymentController } from "./deployment/controller.ts";
import { CLAIMS, resourceClaimController } from "./devices/claims.ts";
import { garbageCollector } from "./gc/collector.ts";
import { jobController } from "./job/controller.ts";
import { ttlAfterFinishedController } from "./job/ttl.ts";
import { disruptionController } from "./limits/disruption.ts";
import { resourceQuotaController } from "./limits/quota.ts";
import { namespaceController } from "./namespace/controller.ts";
import { nodeLifecycleController } from "./node/lifecycle.ts";
import { podGarbageCollector } from "./node/pod-gc.ts";
import { taintEvictionController } from "./node/taint-eviction.ts";
import { ttlController } from "./node/ttl.ts";
import { type FindType, policyStatusController } from "./policies/controller.ts";
import { replicaSetController, replicationControllerController } from "./replicaset/controller.ts";
import { endpointSliceController } from "./service/endpoint-slices.ts";
import { endpointsController } from "./service/endpoints.ts";
import { sliceMirroringController } from "./service/slice-mirroring.ts";
import { serviceAddressesController } from "./service-addresses/addresses.ts";
import { ADDRESSES, RANGES, serviceRangesController } from "./service-addresses/ranges.ts";
import { statefulSetController } from "./statefulset/controller.ts";
import { claimController } from "./volume/claims.ts";
import { ephemeralVolumeController } from "./volume/ephemeral.ts";
import { claimProtectionController, volumeProtectionController } from "./volume/protection.ts";
import { volumeController } from "./volume/volumes.ts";

/** What the controllers need of a cluster. */
export interface ControllersOptions {
  /** A client acting as a user, such as `system:serviceaccount:kube-system:deployment-controller`, with that user's rights. */
  readonly clientFor: (user: string) => KubeClient;
  /** Served resource types; read again whenever custom resource definitions change. */
  readonly catalog: ResourceCatalog;
  /** PEM certificates that clients in the cluster trust. */
  readonly caBundle: string | TrustBundle;
  /** What pods use. Autoscalers see it as long as a metrics-server is installed, and report its absence otherwise. */
  readonly usage?: UsageSource;
  /** Signs certificate requests; absent: nobody approves or signs them. */
  readonly certificates?: CertificateSigner;
  /** Signs the tokens that Secrets keep; absent: such Secrets stay empty. */
  readonly tokens?: TokenSigner;
  /** Types of kinds, against which admission policies are checked; absent: they are not. */
  readonly typeOf?: FindType;
  /** CSI drivers whose volumes somebody else makes; for others this process plays the provisioner. */
  readonly externalProvisioners?: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** Shared with the scheduler and kubelets, if `idle` is to cover them too. */
  readonly activity?: Activity;
  readonly stores?: Stores;
}

/** Running controllers. */
export interface RunningControllers {
  readonly stores: Stores;
  readonly activity: Activity;
  close(): void;
  /** Resolves when no controller has work that could be done now. */
  idle(): Promise<void>;
}

/** Makes one controller. */
type Make = (deps: ControllerDeps, options: ControllersOptions) => Controller;
/** Controllers by the name of the event source and of the service account or the user. */
type Listed = readonly (readonly [source: string, account: string, make: Make])[];

const controllers: Listed = [
  ["deployment-controller", "deployment-controller", deploymentController],
  ["replicaset-controller", "replicaset-controller", replicaSetController],
  ["replication-controller", "replication-controller", replicationControllerController],
  ["daemonset-controller", "daemon-set-controller", daemonSetController],
  ["statefulset-controller", "statefulset-controller", statefulSetController],
  ["job-controller", "job-controller", jobController],
  ["cronjob-controller", "cronjob-controller", cronJobController],
  ["ttl-after-finished-controller", "ttl-after-finished-controller", ttlAfterFinishedController],
  [
    "horizontal-pod-autoscaler",
    "horizontal-pod-autoscaler",
    (deps, { usage }) => autoscalerController(deps, clusterMetrics(deps.stores, usage)),
  ],
  ["controllermanager", "disruption-controller", disruptionController],
  ["resourcequota-controller", "resourcequota-controller", (deps, { catalog }) => resourceQuotaController(deps, catalog)],
  [
    "persistentvolume-controller",
    "persistent-volume-binder",
    (deps, { externalProvisioners }) => claimController(deps, externalProvisioners),
  ],
  ["persistentvolume-controller", "persistent-volume-binder", volumeController],
  ["pvc-protection-controller", "pvc-protection-controller", claimProtectionController],
  ["pv-protection-controller", "pv-protection-controller", volumeProtectionController],
  ["node-controller", "node-controller", nodeLifecycleController],
  ["taint-eviction-controller", "node-controller", taintEvictionController],
  ["pod-garbage-collector", "pod-garbage-collector", podGarbageCollector],
  ["endpoint-controller", "endpoint-controller", endpointsController],
  ["endpoint-slice-controller", "endpointslice-controller", endpointSliceController],
  ["endpoint-slice-mirroring-controller", "endpointslicemirroring-controller", sliceMirroringController],
  ["namespace-controller", "namespace-controller", (deps, { catalog }) => namespaceController(deps, catalog)],
  ["garbage-collector-controller", "generic-garbage-collector", (deps, { catalog }) => garbageCollector(deps, catalog)],
  ["serviceaccount-controller", "service-account-controller", serviceAccountController],
  ["root-ca-cert-publisher", "root-ca-cert-publisher", (deps, { caBundle }) => rootCaController(deps, asTrustBundle(caBundle))],
  ["available-condition-controller", API_SERVER, apiServiceController],
  ["crd-autoregister", API_SERVER, customRegistrationController],
  ["clusterrole-aggregation-controller", "clusterrole-aggregation-controller", clusterRoleAggregationController],
  ["kube-controller-manager", CONTROLLER_MANAGER, componentAccountsController],
  ["ephemeral-volume-controller", "ephemeral-volume-controller", ephemeralVolumeController],
  ["ttl-controller", "ttl-controller", ttlController],
  ["kube-apiserver", API_SERVER, (deps, { caBundle }) => publishedConfigController(deps, asTrustBundle(caBundle))],
];

/** Controllers of types that not every minor version serves, by the type they need. */
const conditional: Readonly<Record<ResourceType, Listed>> = {
  [RANGES]: [["service-cidrs-controller", "service-cidrs-controller", serviceRangesController]],
  [ADDRESSES]: [["kube-apiserver", API_SERVER, serviceAddressesController]],
  [CLAIMS]: [["resource_claim", "resource-claim-controller", resourceClaimController]],
};

/** Controllers that need something of their own. */
function configured({ certificates, tokens, caBundle, catalog, typeOf }: ControllersOptions): Listed {
  const list: [source: string, account: string, make: Make][] = [];
  const policies = "validatingadmissionpolicy-status-controller";
  if (typeOf) list.push([policies, policies, (deps) => policyStatusController(deps, catalog, typeOf)]);
  if (certificates) list.push(["certificate-controller", certificates.user, (deps) => certificateController(deps, certificates)]);
  if (tokens)
    list.push(["serviceaccount-token", CONTROLLER_MANAGER, (deps) => accountTokensController(deps, tokens, asTrustBundle(caBundle))]);
  return list;
}

/** The controllers of a cluster, ready to run. */
export function kubernetesControllers(options: ControllersOptions, stores: Stores, activity: Activity): Controller[] {
  const { clock, log, random, clientFor } = options;
  const served = new Set(options.catalog().map(({ type }) => type));
  const more = Object.entries(conditional).flatMap(([type, list]) => (served.has(type) ? list : []));
  return [...controllers, ...more, ...configured(options)].map(([source, account, make]) => {
    const client = clientFor(account.includes(":") ? account : controllerUser(account));
    const events = createEventRecorder({ client, clock, activity }, source);
    return make({ client, stores, events, clock, log, random }, options);
  });
}

/** Starts every controller. All state is derived from the API, so stopping and starting again at any moment is safe. */
export function startControllers(options: ControllersOptions): RunningControllers {
  const activity = options.activity ?? new Activity();
  // What is cached for everybody must not end with the rights of one of them.
  const stores = options.stores ?? new Stores(options.clientFor(API_SERVER));
  const { clock, log, random } = options;
  const list = kubernetesControllers(options, stores, activity);
  const running = list.map((controller) => runController(controller, { stores, clock, log, random }, activity));
  const resync = () => {
    for (const controller of list) (controller as { sync?(): void }).sync?.();
  };
  const definitions = stores.of("customresourcedefinitions.apiextensions.k8s.io").subscribe(() => setImmediate(resync));
  return {
    stores,
    activity,
    idle: () => activity.idle(),
    close() {
      definitions.close();
      for (const controller of running) controller.close();
      if (!options.stores) stores.close();
    },
  };
}
