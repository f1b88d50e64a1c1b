// The one operation of EKS Auth, by hand in the SDK's schema format: the client package is not always to be had (spec identity §3.4).
const NS = "com.amazonaws.eksauth";
const LABEL = 1;
const SENSITIVE = 8;
const text = 0;
const moment = 4;

const token = [0, NS, "JwtToken", SENSITIVE, text];
const subject = [3, NS, "Subject", 0, ["namespace", "serviceAccount"], [text, text], 2];
const association = [3, NS, "PodIdentityAssociation", 0, ["associationArn", "associationId"], [text, text], 2];
const user = [3, NS, "AssumedRoleUser", 0, ["arn", "assumeRoleId"], [text, text], 2];
const credentials = [
  ...[3, NS, "Credentials", SENSITIVE],
  ["sessionToken", "secretAccessKey", "accessKeyId", "expiration"],
  [text, text, text, moment],
  4,
];

export const AssumeRoleForPodIdentityRequest$ = [
  ...[3, NS, "AssumeRoleForPodIdentityRequest", 0],
  ["clusterName", "token", "eksNodeName", "instanceId", "zone"],
  [[text, LABEL], [() => token, 0], text, text, text],
  2,
];
export const AssumeRoleForPodIdentityResponse$ = [
  ...[3, NS, "AssumeRoleForPodIdentityResponse", 0],
  ["subject", "audience", "podIdentityAssociation", "assumedRoleUser", "credentials"],
  [() => subject, text, () => association, () => user, [() => credentials, 0]],
  5,
];
export const AssumeRoleForPodIdentity$ = [
  ...[9, NS, "AssumeRoleForPodIdentity"],
  { http: ["POST", "/clusters/{clusterName}/assume-role-for-pod-identity", 200] },
  () => AssumeRoleForPodIdentityRequest$,
  () => AssumeRoleForPodIdentityResponse$,
];

function exception(name: string, httpError: number) {
  return [-3, NS, name, { error: httpError >= 500 ? "server" : "client", httpError }, ["message"], [text]];
}

export const AccessDeniedException$ = exception("AccessDeniedException", 400);
export const ExpiredTokenException$ = exception("ExpiredTokenException", 400);
export const InvalidTokenException$ = exception("InvalidTokenException", 400);
export const InvalidParameterException$ = exception("InvalidParameterException", 400);
export const InvalidRequestException$ = exception("InvalidRequestException", 400);
export const ResourceNotFoundException$ = exception("ResourceNotFoundException", 404);
export const ThrottlingException$ = exception("ThrottlingException", 429);
export const InternalServerException$ = exception("InternalServerException", 500);
export const ServiceUnavailableException$ = exception("ServiceUnavailableException", 503);
