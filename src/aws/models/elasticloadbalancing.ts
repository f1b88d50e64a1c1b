// Elastic Load Balancing, version 2. Constraints: Elastic Load Balancing API Reference (2015-12-01).
import type { Constraints } from "../protocol/constraints.ts";
import type { Model } from "./model.ts";
import { queryWording } from "./query-wording.ts";

const constraints: Constraints = {
  "*.PageSize": { range: { min: 1, max: 400 } },
};

export const elasticloadbalancing: Model = {
  name: "elasticloadbalancing",
  protocol: "awsQuery",
  settings: { version: "2015-12-01", xmlNamespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/" },
  signingName: "elasticloadbalancing",
  eventSource: "elasticloadbalancing.amazonaws.com",
  actionPrefix: "elasticloadbalancing",
  global: false,
  unsigned: new Set(),
  mask: undefined,
  maskAlso: new Set(),
  wording: queryWording,
  constraints,
  load: () => import("@aws-sdk/client-elastic-load-balancing-v2"),
};
