// Identity provider configurations: one OpenID Connect provider per cluster (spec eks-control-plane §7.3, identity §5.8).
import type { IdentityProviderConfig, OidcIdentityProviderConfig, OidcIdentityProviderConfigRequest } from "@aws-sdk/client-eks";
import { uuid } from "../../aws/ids.ts";
import type { Conditions, Operations, Sdk } from "../../aws/operation.ts";
import { childKey, clusterArn, clusterKey, identityProviderConfigArn, type Place } from "./arn.ts";
import { checkTags, compact } from "./checks.ts";
import { resourceTags, tagConditions } from "./cluster-conditions.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { clusterNotActive, type ErrorSubject, invalidParameter, invalidRequest, notFound, resourceInUse } from "./errors.ts";
import type { IdentityProviderRecord } from "./identity-provider-records.ts";
import { page } from "./page.ts";
import type { ClusterRecord } from "./records.ts";
import { tagOnCreate } from "./service-roles.ts";
import type { EksState } from "./state.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import { checkIdle, params, startClusterUpdate, updateView } from "./updates.ts";

const NAME = /^[0-9A-Za-z][A-Za-z0-9\-_]{0,99}$/;

function view(record: IdentityProviderRecord): OidcIdentityProviderConfig {
  const { name, arn, requiredClaims, tags, ...rest } = record;
  return compact<OidcIdentityProviderConfig>({
    ...rest,
    identityProviderConfigName: name,
    identityProviderConfigArn: arn,
    requiredClaims: { ...requiredClaims },
    tags: { ...tags },
  });
}

interface ConfigInput {
  readonly clusterName?: string | undefined;
  readonly identityProviderConfig?: IdentityProviderConfig | undefined;
}

const recordOf = (input: ConfigInput, place: Place, state: EksState) =>
  state.identityProviders.get(childKey(place, input.clusterName ?? "", input.identityProviderConfig?.name ?? ""));

function requireConfig(input: ConfigInput, place: Place, state: EksState, clusterName: string): Readonly<IdentityProviderRecord> {
  const { type, name } = input.identityProviderConfig ?? {};
  if (type !== "oidc") throw invalidParameter(`Identity provider config type ${type} is not valid: the only type is oidc`, { clusterName });
  const record = recordOf(input, place, state);
  if (!record) throw notFound(`Identity provider config with name ${name} and type oidc not found`, { clusterName });
  return record;
}

const configResource = (input: ConfigInput, place: Place, { state }: EksDeps): string =>
  recordOf(input, place, state)?.arn ??
  identityProviderConfigArn(place, input.clusterName ?? "", input.identityProviderConfig?.name ?? "", "*");

const configConditions = (input: ConfigInput, place: Place, { state }: EksDeps): Conditions =>
  resourceTags(recordOf(input, place, state)?.tags);

/** An https URL without query and fragment, and not the cluster's own issuer. Throws InvalidParameterException. */
function checkIssuer(issuerUrl: string, cluster: ClusterRecord, subject: ErrorSubject): void {
  const url = URL.canParse(issuerUrl) ? new URL(issuerUrl) : undefined;
  if (url?.protocol !== "https:" || url.username || url.password) {
    throw invalidParameter("issuerUrl is not valid: it must be a URL that begins with https://", subject);
  }
  if (issuerUrl.includes("?") || issuerUrl.includes("#")) {
    throw invalidParameter("issuerUrl is not valid: it must not contain query parameters or a fragment", subject);
  }
  if (issuerUrl.replace(/\/$/, "") === cluster.oidcIssuer) {
    throw invalidParameter("issuerUrl is not valid: it must differ from the OpenID Connect issuer of the cluster", subject);
  }
}

/** Kubernetes' own users and groups begin with `system:`: no prefix may be a part of that. */
function checkPrefix(member: string, prefix: string | undefined, subject: ErrorSubject): void {
  if (prefix === undefined || prefix === "-") return;
  if (prefix !== "" && (prefix.includes("system:") || "system:".startsWith(prefix))) {
    throw invalidParameter(`The ${member} can not contain system: or any part of that string`, subject);
  }
}

function checkClaims(claims: Readonly<Record<string, string>>, subject: ErrorSubject): void {
  for (const [key, value] of Object.entries(claims)) {
    if (key.length < 1 || key.length > 63)
      throw invalidParameter(`The key '${key}' of requiredClaims must have 1 to 63 characters`, subject);
    if (value.length < 1 || value.length > 253) {
      throw invalidParameter(`The value of '${key}' in requiredClaims must have 1 to 253 characters`, subject);
    }
  }
}

function checkOidc(oidc: OidcIdentityProviderConfigRequest, cluster: ClusterRecord): void {
  const subject = { clusterName: cluster.name };
  if (!NAME.test(oidc.identityProviderConfigName ?? "")) {
    throw invalidParameter(`The identity provider config name '${oidc.identityProviderConfigName}' is not valid`, subject);
  }
  if (!oidc.clientId) throw invalidParameter("clientId must not be empty", subject);
  checkIssuer(oidc.issuerUrl ?? "", cluster, subject);
  checkPrefix("usernamePrefix", oidc.usernamePrefix, subject);
  checkPrefix("groupsPrefix", oidc.groupsPrefix, subject);
  checkClaims(oidc.requiredClaims ?? {}, subject);
}

export const identityProviders = {
  AssociateIdentityProviderConfig: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    conditions: ({ tags, oidc }) => ({ ...tagConditions(tags), "eks:clientId": oidc?.clientId, "eks:issuerUrl": oidc?.issuerUrl }),
    requires: (input, call) => tagOnCreate(input.tags, clusterArn(call, input.clusterName ?? "")),
    run(input, call, deps) {
      const { state, clock, random } = deps;
      const clusterName = input.clusterName ?? "";
      const tags = checkTags(input.tags, { clusterName });
      const key = clusterKey(call, clusterName);
      const operation = "AssociateIdentityProviderConfig";
      const use = { clusterKey: key, operation, token: input.clientRequestToken, input, now: clock.now() };
      const earlier = earlierResult(state, use);
      const known = earlier && state.updates.get(childKey(call, clusterName, earlier));
      if (known) return { update: updateView(known), tags };

      const cluster = requireCluster(state, call, clusterName);
      if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") throw clusterNotActive(clusterName);
      const [present] = state.identityProviders.list(`${key}/`);
      if (present) {
        throw resourceInUse(`Identity provider config ${present.name} is already associated with cluster ${clusterName}`, { clusterName });
      }
      const oidc = input.oidc ?? ({} as OidcIdentityProviderConfigRequest);
      checkOidc(oidc, cluster);
      checkIdle(cluster, operation);
      const { identityProviderConfigName: name = "", requiredClaims = {}, ...rest } = oidc;
      const config = { type: "oidc", name };
      const update = startClusterUpdate(
        deps,
        call,
        clusterName,
        { type: operation, params: params({ IdentityProviderConfig: [config] }), change: {} },
        ({ id }) => {
          const record = compact({ clusterName, name, requiredClaims, tags, ...rest, status: "CREATING" as const });
          const arn = identityProviderConfigArn(call, clusterName, name, uuid(random));
          state.identityProviders.put(childKey(call, clusterName, name), { ...record, arn } as IdentityProviderRecord);
          rememberResult(state, use, id);
        },
      );
      return { update: updateView(update), tags: { ...tags } };
    },
  },

  DescribeIdentityProviderConfig: {
    resource: configResource,
    conditions: configConditions,
    run(input, call, { state }) {
      const cluster = requireCluster(state, call, input.clusterName);
      return { identityProviderConfig: { oidc: view(requireConfig(input, call, state, cluster.name)) } };
    },
  },

  ListIdentityProviderConfigs: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    run(input, call, { state }) {
      const cluster = requireCluster(state, call, input.clusterName);
      const all = state.identityProviders.list(`${clusterKey(call, cluster.name)}/`).map(({ name }) => ({ type: "oidc", name }));
      const { page: found, nextToken } = page(all, input, ["ListIdentityProviderConfigs", cluster.arn], ({ name }) => name);
      return { identityProviderConfigs: found, nextToken };
    },
  },

  DisassociateIdentityProviderConfig: {
    resource: configResource,
    conditions: configConditions,
    run(input, call, deps) {
      const { state, clock } = deps;
      const clusterName = input.clusterName ?? "";
      const operation = "DisassociateIdentityProviderConfig";
      const key = clusterKey(call, clusterName);
      const use = { clusterKey: key, operation, token: input.clientRequestToken, input, now: clock.now() };
      const earlier = earlierResult(state, use);
      const known = earlier && state.updates.get(childKey(call, clusterName, earlier));
      if (known) return { update: updateView(known) };

      const cluster = requireCluster(state, call, clusterName);
      if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") throw clusterNotActive(clusterName);
      const record = requireConfig(input, call, state, clusterName);
      checkIdle(cluster, operation);
      if (record.status !== "ACTIVE") {
        throw invalidRequest(`Identity provider config ${record.name} is in status ${record.status}`, { clusterName });
      }
      const update = startClusterUpdate(
        deps,
        call,
        clusterName,
        { type: operation, params: params({ IdentityProviderConfig: [{ type: "oidc", name: record.name }] }), change: {} },
        ({ id }) => {
          state.identityProviders.put(childKey(call, clusterName, record.name), { ...record, status: "DELETING" });
          rememberResult(state, use, id);
        },
      );
      return { update: updateView(update) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;

/** What the end of an update means to the cluster's configuration: there, gone, or as it was. */
export function settleIdentityProvider(state: EksState, key: string, type: string | undefined, succeeded: boolean): void {
  for (const [recordKey, record] of state.identityProviders.entries(`${key}/`)) {
    if (type === "AssociateIdentityProviderConfig" && record.status === "CREATING") {
      if (succeeded) state.identityProviders.put(recordKey, { ...record, status: "ACTIVE" });
      else state.identityProviders.delete(recordKey);
    }
    if (type === "DisassociateIdentityProviderConfig" && record.status === "DELETING") {
      if (succeeded) state.identityProviders.delete(recordKey);
      else state.identityProviders.put(recordKey, { ...record, status: "ACTIVE" });
    }
  }
}
