// Amazon EKS Auth, which node agents call for pod credentials (spec identity §3.4). It shares EKS's path tree.
import { jsonWording } from "./json-wording.ts";
import type { Model } from "./model.ts";

export const eksAuth: Model = {
  name: "eks-auth",
  protocol: "restJson1",
  settings: { version: "2023-11-26" },
  signingName: "eks-auth",
  eventSource: "eks-auth.amazonaws.com",
  actionPrefix: "eks-auth",
  global: false,
  unsigned: new Set(),
  mask: "HIDDEN_DUE_TO_SECURITY_REASONS",
  maskAlso: new Set(),
  wording: jsonWording(() => "InvalidParameterException", 404, 403),
  constraints: {
    "AssumeRoleForPodIdentityRequest.clusterName": { length: { min: 1, max: 100 }, pattern: "[0-9A-Za-z][A-Za-z0-9\\-_]*" },
    "AssumeRoleForPodIdentityRequest.token": { pattern: "[A-Za-z0-9-_=]+\\.[A-Za-z0-9-_=]+\\.[A-Za-z0-9-_=]+" },
  },
  load: () => import("./eks-auth-schema.ts"),
};
