// Capabilities of a cluster: ACK, Argo CD and kro, at most one of each (spec eks-control-plane §17, §4.8).
import type { Capability, CapabilitySummary } from "@aws-sdk/client-eks";
import { uuid } from "../../aws/ids.ts";
import type { Call, Conditions, Operations, Sdk } from "../../aws/operation.ts";
import { requireEntryMode } from "./access-entries.ts";
import { capabilityArn, childKey, clusterArn, clusterKey, type Place } from "./arn.ts";
import { changedConfiguration, checkConfiguration, checkVpcEndpoints, configurationView } from "./capability-configuration.ts";
import type { CapabilityRecord, CapabilitySettings } from "./capability-records.ts";
import { checkTags, compact } from "./checks.ts";
import { resourceTags, tagConditions } from "./cluster-conditions.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { clusterNotActive, type ErrorSubject, invalidParameter, limitExceeded, notFound, resourceInUse } from "./errors.ts";
import { page } from "./page.ts";
import { canAssume, passRole, tagOnCreate } from "./service-roles.ts";
import type { EksState } from "./state.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import { params, startCapabilityUpdate, updateView } from "./updates.ts";

/** Who assumes the roles of capabilities (EKS User Guide, "Amazon EKS capability IAM role"). */
export const CAPABILITIES_PRINCIPAL = "capabilities.eks.amazonaws.com";

/** In these an update or a deletion would meet the work that is under way. */
const BUSY = new Set(["CREATING", "UPDATING"]);

function summary(record: CapabilityRecord): CapabilitySummary {
  return {
    ...{ capabilityName: record.name, arn: record.arn, type: record.type, status: record.status },
    createdAt: new Date(record.createdAt),
    modifiedAt: new Date(record.modifiedAt),
  };
}

function view(record: CapabilityRecord): Capability {
  return {
    ...summary(record),
    clusterName: record.clusterName,
    roleArn: record.roleArn,
    configuration: configurationView(record),
    tags: { ...record.tags },
    health: { issues: record.health.map((issue) => ({ ...issue })) },
    deletePropagationPolicy: record.deletePropagationPolicy,
  };
}

interface NameInput {
  readonly clusterName?: string | undefined;
  readonly capabilityName?: string | undefined;
}

const recordOf = ({ clusterName = "", capabilityName = "" }: NameInput, place: Place, state: EksState) =>
  state.capabilities.get(childKey(place, clusterName, capabilityName));

/** ARN to authorize on; type and last part are `*` if there is no such capability. */
const resource = (input: NameInput, place: Place, { state }: EksDeps): string =>
  recordOf(input, place, state)?.arn ?? capabilityArn(place, input.clusterName ?? "", "*", input.capabilityName ?? "", "*");

const conditions = (input: NameInput, place: Place, { state }: EksDeps): Conditions => resourceTags(recordOf(input, place, state)?.tags);

/** The capability of that name; throws ResourceNotFoundException. */
export function requireCapability(state: EksState, place: Place, input: NameInput): Readonly<CapabilityRecord> {
  const { name: clusterName } = requireCluster(state, place, input.clusterName);
  const record = recordOf(input, place, state);
  if (!record) throw notFound(`No capability found for name: ${input.capabilityName}.`, { clusterName });
  return record;
}

/** The role must let EKS in for this very capability, and be tagged. Throws InvalidParameterException. */
async function checkRole(roleArn: string, arn: string, call: Call, deps: EksDeps, subject: ErrorSubject): Promise<void> {
  const tags = { "eks:eks-cluster-name": subject.clusterName ?? "" };
  if (await canAssume(deps, call, { principal: CAPABILITIES_PRINCIPAL, roleArn, sourceArn: arn, sessionName: `${call.now}`, tags })) return;
  throw invalidParameter(
    `Role with arn: ${roleArn}, could not be assumed because it does not exist or the trusted entity is not correct`,
    subject,
  );
}

export const capabilities = {
  CreateCapability: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    conditions: ({ tags }) => tagConditions(tags),
    requires: (input, call) => [
      ...passRole(input.roleArn, "eks.amazonaws.com"),
      ...tagOnCreate(input.tags, clusterArn(call, input.clusterName ?? "")),
    ],
    async run(input, call, deps) {
      const { state, clock } = deps;
      const { clusterName = "", capabilityName: name = "", roleArn = "" } = input;
      const subject = { clusterName };
      const tags = checkTags(input.tags, subject);
      const key = childKey(call, clusterName, name);
      const operation = "CreateCapability";
      const use = { clusterKey: clusterKey(call, clusterName), operation, token: input.clientRequestToken, input, now: clock.now() };
      const earlier = () => (earlierResult(state, use) === undefined ? undefined : state.capabilities.get(key));
      const type = input.type ?? "ACK";
      const checkFree = () => {
        if (requireCluster(state, call, clusterName).status !== "ACTIVE") throw clusterNotActive(clusterName);
        requireEntryMode(state, call, clusterName, true);
        if (state.capabilities.has(key)) throw resourceInUse(`Capability already exists with name: ${name}`, subject);
        const same = state.capabilities.list(`${clusterKey(call, clusterName)}/`).find((other) => other.type === type);
        if (same) throw limitExceeded(`Cluster ${clusterName} already has a capability of type ${type}: ${same.name}`, subject);
      };

      const known = earlier();
      if (known) return { capability: view(known) };
      checkFree();
      const settings = checkConfiguration(type, input.configuration, call, subject);
      await checkVpcEndpoints(settings.argoCd?.vpceIds ?? [], deps, call, subject);
      const arn = capabilityArn(call, clusterName, type, name, uuid(deps.random));
      await checkRole(roleArn, arn, call, deps, subject);
      // The checks above waited for other services; somebody else may have taken the name meanwhile.
      const taken = earlier();
      if (taken) return { capability: view(taken) };
      checkFree();
      const record: CapabilityRecord = {
        ...{ clusterName, name, arn, type, roleArn, tags, ...settings },
        ...{ status: "CREATING", health: [], createdAt: clock.now(), modifiedAt: clock.now(), deletePropagationPolicy: "RETAIN" },
      };
      state.store.transact(() => {
        state.capabilities.put(key, record);
        rememberResult(state, use, name);
      });
      return { capability: view(record) };
    },
  },

  DescribeCapability: {
    resource,
    conditions,
    run: (input, call, { state }) => ({ capability: view(requireCapability(state, call, input)) }),
  },

  ListCapabilities: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    run(input, call, { state }) {
      const cluster = requireCluster(state, call, input.clusterName);
      const all = state.capabilities.list(`${clusterKey(call, cluster.name)}/`).map(summary);
      const cut = page(all, input, ["ListCapabilities", cluster.arn], ({ capabilityName }) => capabilityName ?? "");
      return { capabilities: cut.page, nextToken: cut.nextToken };
    },
  },

  UpdateCapability: {
    resource,
    conditions,
    requires: ({ roleArn }) => passRole(roleArn, "eks.amazonaws.com"),
    async run(input, call, deps) {
      const { state, clock } = deps;
      const clusterName = input.clusterName ?? "";
      const subject = { clusterName };
      const operation = "UpdateCapability";
      const use = { clusterKey: clusterKey(call, clusterName), operation, token: input.clientRequestToken, input, now: clock.now() };
      const earlier = () => {
        const id = earlierResult(state, use);
        return id === undefined ? undefined : state.updates.get(childKey(call, clusterName, id));
      };
      const known = earlier();
      if (known) return { update: updateView(known) };
      const { configuration, roleArn } = input;
      const updatable = () => {
        const capability = requireCapability(state, call, input);
        if (capability.status !== "ACTIVE" && capability.status !== "DEGRADED") throw busy(capability, "updated");
        return { capability, settings: changedConfiguration(capability, configuration, subject) };
      };
      const { capability, settings } = updatable();
      if (roleArn === undefined && !configuration?.argoCd && !configuration?.ack) {
        throw invalidParameter("No changes needed for the capability", subject);
      }
      await checkVpcEndpoints(settings.argoCd?.vpceIds ?? [], deps, call, subject);
      if (roleArn !== undefined) await checkRole(roleArn, capability.arn, call, deps, subject);
      const taken = earlier();
      if (taken) return { update: updateView(taken) };
      const { capability: current, settings: changed } = updatable();
      const wanted: CapabilitySettings = compact({ roleArn: roleArn ?? current.roleArn, ...changed });
      const { argoCd, ack } = configuration ?? {};
      const parameters = params({
        RoleArn: roleArn,
        RoleMappingsToAddOrUpdate: argoCd?.rbacRoleMappings?.addOrUpdateRoleMappings,
        RoleMappingsToRemove: argoCd?.rbacRoleMappings?.removeRoleMappings,
        NetworkAccess: argoCd?.networkAccess,
        EnableCrossNamespace: ack?.enableCrossNamespace,
        DisabledServices: ack?.disabledServices,
      });
      const update = startCapabilityUpdate(deps, call, { ...current, wanted }, parameters, ({ id }) => rememberResult(state, use, id));
      return { update: updateView(update) };
    },
  },

  DeleteCapability: {
    resource,
    conditions,
    run(input, call, { state, clock }) {
      const capability = requireCapability(state, call, input);
      if (capability.status === "DELETING") return { capability: view(capability) };
      if (BUSY.has(capability.status)) throw busy(capability, "deleted");
      const deleting = { ...capability, status: "DELETING" as const, deletingSince: clock.now() };
      return { capability: view(state.capabilities.put(childKey(call, capability.clusterName, capability.name), deleting)) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;

const busy = ({ name, status, clusterName }: CapabilityRecord, what: string) =>
  resourceInUse(`Capability ${name} cannot be ${what} as it is currently in ${status} state`, { clusterName });
