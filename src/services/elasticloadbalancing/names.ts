// Names, ARNs, host names and hosted zones of load balancers (Elastic Load Balancing API Reference; AWS General Reference, endpoints).

import { dnsSuffix } from "../../aws/arn.ts";
import type { Call } from "../../aws/operation.ts";
import { type Random, randomString } from "../../base/random.ts";
import { invalid } from "./errors.ts";
import type { Kind, LoadBalancerRecord } from "./records.ts";

/** Checks a load balancer's or target group's name. Throws ValidationError. */
export function checkName(name: string, what: "Load balancer" | "Target group"): void {
  if (name.length < 1 || name.length > 32) throw invalid(`${what} name '${name.slice(0, 64)}' cannot be longer than '32' characters`);
  if (!/^[a-zA-Z0-9-]+$/.test(name))
    throw invalid(`${what} name '${name}' can only contain characters that are alphanumeric characters and hyphens(-)`);
  if (name.startsWith("-") || name.endsWith("-")) throw invalid(`${what} name '${name}' cannot begin or end with a hyphen(-)`);
  if (what === "Load balancer" && name.startsWith("internal-")) throw invalid("Load balancer name cannot begin with 'internal-'");
}

/** 16 hex digits. */
export const newId = (random: Random) => randomString(random, "0123456789abcdef", 16);

const prefix = ({ partition, region, account }: Call) => `arn:${partition}:elasticloadbalancing:${region}:${account}:`;
const short = (kind: Kind) => (kind === "application" ? "app" : "net");

export const loadBalancerArn = (call: Call, kind: Kind, name: string, id: string) =>
  `${prefix(call)}loadbalancer/${short(kind)}/${name}/${id}`;
export const targetGroupArn = (call: Call, name: string, id: string) => `${prefix(call)}targetgroup/${name}/${id}`;
/** `…:listener/app/name/lb-id/id`. */
export const listenerArn = (loadBalancer: string, id: string) => `${loadBalancer.replace(":loadbalancer/", ":listener/")}/${id}`;
/** `…:listener-rule/app/name/lb-id/listener-id/id`. */
export const ruleArn = (listener: string, id: string) => `${listener.replace(":listener/", ":listener-rule/")}/${id}`;
/** `app/name/id`: how interfaces and logs call it. */
export const pathOf = ({ arn }: { readonly arn: string }) => arn.slice(arn.indexOf(":loadbalancer/") + ":loadbalancer/".length);

/** The public or internal host name. */
export function dnsName(call: Call, kind: Kind, scheme: LoadBalancerRecord["scheme"], name: string, id: string, random: Random): string {
  const suffix = dnsSuffix(call.region);
  if (kind === "network") return `${name}-${id}.elb.${call.region}.${suffix}`;
  const number = randomString(random, "123456789", 10);
  return `${scheme === "internal" ? "internal-" : ""}${name}-${number}.${call.region}.elb.${suffix}`;
}

/** Hosted zones by region: of Application and of Network Load Balancers. */
const ZONES: Readonly<Record<string, readonly [application: string, network: string]>> = {
  "us-east-1": ["Z35SXDOTRQ7X7K", "Z26RNL4JYFTOTI"],
  "us-east-2": ["Z3AADJGX6KTTL2", "ZLMOA37VPKANP"],
  "us-west-1": ["Z368ELLRRE2KJ0", "Z24FKFUX50B4VW"],
  "us-west-2": ["Z1H1FL5HABSF5", "Z18D5FSROUN65G"],
  "ca-central-1": ["ZQSVJUPU6J1EY", "Z2EPGBW3API2WT"],
  "eu-central-1": ["Z215JYRZR1TBD5", "Z3F0SRJ5LGBH90"],
  "eu-west-1": ["Z32O12XQLNTSW2", "Z2IFOLAFXWLO4F"],
  "eu-west-2": ["ZHURV8PSTC4K8", "ZD4D7Y8KGAS4G"],
  "eu-west-3": ["Z3Q77PNBQS71R4", "Z1CMS0P5QUZ6D5"],
  "eu-north-1": ["Z23TAZ6LKFMNIO", "Z1UDT6IFJ4EJM"],
  "ap-northeast-1": ["Z14GRHDCWA56QT", "Z31USIVHYNEOWT"],
  "ap-northeast-2": ["ZWKZPGTI48KDX", "ZIBE1TIR4HY56"],
  "ap-south-1": ["ZP97RAFLXTNZK", "ZVDDRBQ08TROA"],
  "ap-southeast-1": ["Z1LMS91P8CMLE5", "ZKVM4W9LS7TM"],
  "ap-southeast-2": ["Z1GM3OXH4ZPM65", "ZCT6FZBF4DROD"],
  "sa-east-1": ["Z2P70J7HTTTPLU", "ZTK26PT1VY4CU"],
};

/** The hosted zone of host names; undefined where it is not known. */
export const hostedZone = (region: string, kind: Kind): string | undefined => ZONES[region]?.[kind === "application" ? 0 : 1];
