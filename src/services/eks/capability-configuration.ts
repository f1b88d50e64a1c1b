// Rules for the configuration of capabilities, and how an update changes it (spec eks-control-plane §17; EKS API Reference).
import type {
  ArgoCdConfigRequest,
  ArgoCdRoleMapping,
  CapabilityConfigurationRequest,
  CapabilityConfigurationResponse,
  CapabilityType,
  UpdateCapabilityConfiguration,
  UpdateRoleMappings,
} from "@aws-sdk/client-eks";
import { AwsError } from "../../aws/errors.ts";
import { clusterArn, type Place } from "./arn.ts";
import type { AckSettings, ArgoCdSettings, CapabilityRecord, CapabilitySettings, RoleMapping } from "./capability-records.ts";
import { compact, distinct } from "./checks.ts";
import type { EksDeps } from "./deps.ts";
import { type ErrorSubject, invalidParameter } from "./errors.ts";
import { servicePrincipal } from "./service-roles.ts";

const INSTANCE = /^arn:(aws[\w-]*):sso:::instance\/(sso)?ins-[a-zA-Z0-9-.]{16}$/;
const REGION = /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/;
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const ENDPOINT = /^vpce-[0-9a-f]{8,17}$/;

/** A configuration belongs to its type. Throws InvalidParameterException. */
function checkType(type: CapabilityType, configuration: { argoCd?: unknown; ack?: unknown } | undefined, subject: ErrorSubject): void {
  const given = { ARGOCD: configuration?.argoCd, ACK: configuration?.ack } as const;
  for (const [owner, member] of Object.entries(given)) {
    if (member && owner !== type) {
      throw invalidParameter(`The configuration of type ${owner} is not valid for a capability of type ${type}`, subject);
    }
  }
}

/** The settings a new capability begins with, defaults filled in. Throws InvalidParameterException. */
export function checkConfiguration(
  type: CapabilityType,
  configuration: CapabilityConfigurationRequest | undefined,
  place: Place,
  subject: ErrorSubject,
): Pick<CapabilitySettings, "argoCd" | "ack"> {
  checkType(type, configuration, subject);
  if (type === "ARGOCD") return { argoCd: argoCdSettings(configuration?.argoCd, place, subject) };
  if (type === "KRO") return {};
  const { enableCrossNamespace = false, disabledServices = [] } = configuration?.ack ?? {};
  return { ack: { enableCrossNamespace, disabledServices } };
}

function argoCdSettings(config: ArgoCdConfigRequest | undefined, place: Place, subject: ErrorSubject): ArgoCdSettings {
  const { idcInstanceArn, idcRegion = place.region } = config?.awsIdc ?? {};
  if (!idcInstanceArn) {
    throw invalidParameter("awsIdc.idcInstanceArn is required in the argoCd configuration of a capability of type ARGOCD", subject);
  }
  if (INSTANCE.exec(idcInstanceArn)?.[1] !== place.partition) {
    throw invalidParameter(`The idcInstanceArn ${idcInstanceArn} is not the ARN of an IAM Identity Center instance`, subject);
  }
  if (!REGION.test(idcRegion)) throw invalidParameter(`The idcRegion ${idcRegion} is not valid`, subject);
  const namespace = config?.namespace ?? "argocd";
  if (!LABEL.test(namespace)) throw invalidParameter(`The namespace ${namespace} is not valid: it must be a DNS label`, subject);
  const { endpointPrefix } = config ?? {};
  if (endpointPrefix !== undefined && !LABEL.test(endpointPrefix)) {
    throw invalidParameter(`The endpointPrefix ${endpointPrefix} is not valid: it must be a DNS label`, subject);
  }
  return compact<ArgoCdSettings>({
    ...{ namespace, idcInstanceArn, idcRegion },
    roleMappings: checkMappings(config?.rbacRoleMappings ?? [], subject),
    vpceIds: distinct(config?.networkAccess?.vpceIds ?? []),
    ...(endpointPrefix !== undefined && { endpointPrefix }),
  });
}

/** Every role once, with somebody who has it. */
function checkMappings(mappings: readonly ArgoCdRoleMapping[], subject: ErrorSubject): RoleMapping[] {
  const seen = new Set<string>();
  return mappings.map(({ role, identities }) => {
    if (!role || seen.has(role)) throw invalidParameter(`The role ${role} must appear once in the role mappings`, subject);
    seen.add(role);
    if (!identities?.length) throw invalidParameter(`The mapping of role ${role} must name at least one identity`, subject);
    return {
      role,
      identities: identities.map(({ id, type }) => {
        if (!id || !type) throw invalidParameter(`Every identity of role ${role} must have an id and a type`, subject);
        return { id, type };
      }),
    };
  });
}

/** The settings after an update. Throws InvalidParameterException. */
export function changedConfiguration(
  capability: CapabilityRecord,
  configuration: UpdateCapabilityConfiguration | undefined,
  subject: ErrorSubject,
): Pick<CapabilitySettings, "argoCd" | "ack"> {
  checkType(capability.type, configuration, subject);
  const { argoCd, ack } = capability;
  return {
    ...(argoCd && { argoCd: changedArgoCd(argoCd, configuration?.argoCd, subject) }),
    ...(ack && { ack: compact<AckSettings>({ ...ack, ...compact(configuration?.ack ?? {}) }) }),
  };
}

function changedArgoCd(before: ArgoCdSettings, change: UpdateCapabilityConfiguration["argoCd"], subject: ErrorSubject): ArgoCdSettings {
  return {
    ...before,
    roleMappings: changedMappings(before.roleMappings, change?.rbacRoleMappings, subject),
    vpceIds: change?.networkAccess ? distinct(change.networkAccess.vpceIds ?? []) : before.vpceIds,
  };
}

/** Added mappings replace those of their roles; removed identities leave theirs, and a role nobody has left goes. */
function changedMappings(before: readonly RoleMapping[], change: UpdateRoleMappings | undefined, subject: ErrorSubject): RoleMapping[] {
  const mappings = new Map(before.map((mapping) => [mapping.role, mapping]));
  for (const mapping of checkMappings(change?.addOrUpdateRoleMappings ?? [], subject)) mappings.set(mapping.role, mapping);
  for (const { role, identities } of checkMappings(change?.removeRoleMappings ?? [], subject)) {
    const left = (mappings.get(role)?.identities ?? []).filter(
      ({ id, type }) => !identities.some((gone) => gone.id === id && gone.type === type),
    );
    if (left.length > 0) mappings.set(role, { role, identities: left });
    else mappings.delete(role);
  }
  return [...mappings.values()];
}

/** VPC endpoints that are to lead to the Argo CD server must exist. Throws InvalidParameterException. */
export async function checkVpcEndpoints(ids: readonly string[], deps: EksDeps, place: Place, subject: ErrorSubject): Promise<void> {
  const wrong = ids.find((id) => !ENDPOINT.test(id));
  if (wrong !== undefined) throw invalidParameter(`The VPC endpoint ID ${wrong} is not valid`, subject);
  if (ids.length === 0) return;
  const as = { caller: servicePrincipal(place, "eks.amazonaws.com", clusterArn(place, subject.clusterName ?? "")), region: place.region };
  await deps.invoke("ec2", "DescribeVpcEndpoints", { VpcEndpointIds: [...ids] }, as).catch((error: unknown) => {
    if (error instanceof AwsError && error.code.startsWith("InvalidVpcEndpoint")) throw invalidParameter(error.message, subject);
    throw error;
  });
}

/** The configuration as the API shows it. There is neither a server nor an Identity Center application, so nothing names one. */
export function configurationView({ argoCd, ack }: CapabilitySettings): CapabilityConfigurationResponse {
  return compact<CapabilityConfigurationResponse>({
    argoCd: argoCd && {
      namespace: argoCd.namespace,
      awsIdc: { idcInstanceArn: argoCd.idcInstanceArn, idcRegion: argoCd.idcRegion },
      rbacRoleMappings: argoCd.roleMappings.map(({ role, identities }) => ({ role, identities: identities.map((each) => ({ ...each })) })),
      networkAccess: { vpceIds: [...argoCd.vpceIds] },
      ...(argoCd.endpointPrefix !== undefined && { endpointPrefix: argoCd.endpointPrefix }),
    },
    ack: ack && { enableCrossNamespace: ack.enableCrossNamespace, disabledServices: [...ack.disabledServices] },
  });
}
