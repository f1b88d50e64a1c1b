// Security policies of TLS listeners (Elastic Load Balancing, "Security policies for your load balancer").

import type { ElbOperations } from "./deps.ts";
import { noSslPolicy } from "./errors.ts";

export const DEFAULT_POLICY = "ELBSecurityPolicy-2016-08";

const TLS13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
const FORWARD_GCM = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
];
const FORWARD_CBC = ["ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384"];
const FORWARD_SHA = ["ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "ECDHE-ECDSA-AES256-SHA"];
const STATIC_GCM = ["AES128-GCM-SHA256", "AES256-GCM-SHA384"];
const STATIC_CBC = ["AES128-SHA256", "AES256-SHA256"];
const STATIC_SHA = ["AES128-SHA", "AES256-SHA"];

interface Policy {
  readonly protocols: readonly string[];
  readonly ciphers: readonly string[];
}

const FORWARD = [...FORWARD_GCM, ...FORWARD_CBC];
const WITH_12 = ["TLSv1.2"];
const FROM_11 = ["TLSv1.1", "TLSv1.2"];
const FROM_10 = ["TLSv1", "TLSv1.1", "TLSv1.2"];
const COMMON = [...FORWARD, ...FORWARD_SHA, ...STATIC_GCM, ...STATIC_CBC, ...STATIC_SHA];

const POLICIES: Readonly<Record<string, Policy>> = {
  "ELBSecurityPolicy-TLS13-1-3-2021-06": { protocols: ["TLSv1.3"], ciphers: TLS13 },
  "ELBSecurityPolicy-TLS13-1-2-2021-06": { protocols: [...WITH_12, "TLSv1.3"], ciphers: [...TLS13, ...FORWARD] },
  "ELBSecurityPolicy-TLS13-1-2-Res-2021-06": { protocols: [...WITH_12, "TLSv1.3"], ciphers: [...TLS13, ...FORWARD_GCM] },
  "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06": {
    protocols: [...WITH_12, "TLSv1.3"],
    ciphers: [...TLS13, ...FORWARD, ...STATIC_GCM, ...STATIC_CBC],
  },
  "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06": { protocols: [...WITH_12, "TLSv1.3"], ciphers: [...TLS13, ...COMMON] },
  "ELBSecurityPolicy-TLS13-1-1-2021-06": { protocols: [...FROM_11, "TLSv1.3"], ciphers: [...TLS13, ...COMMON] },
  "ELBSecurityPolicy-TLS13-1-0-2021-06": { protocols: [...FROM_10, "TLSv1.3"], ciphers: [...TLS13, ...COMMON] },
  "ELBSecurityPolicy-2016-08": { protocols: FROM_10, ciphers: COMMON },
  "ELBSecurityPolicy-TLS-1-1-2017-01": { protocols: FROM_11, ciphers: COMMON },
  "ELBSecurityPolicy-TLS-1-2-2017-01": { protocols: WITH_12, ciphers: [...FORWARD, ...STATIC_GCM, ...STATIC_CBC] },
  "ELBSecurityPolicy-TLS-1-2-Ext-2018-06": { protocols: WITH_12, ciphers: COMMON },
  "ELBSecurityPolicy-FS-2018-06": { protocols: FROM_10, ciphers: [...FORWARD, ...FORWARD_SHA] },
  "ELBSecurityPolicy-FS-1-1-2019-08": { protocols: FROM_11, ciphers: [...FORWARD, ...FORWARD_SHA] },
  "ELBSecurityPolicy-FS-1-2-2019-08": { protocols: WITH_12, ciphers: [...FORWARD, ...FORWARD_SHA] },
  "ELBSecurityPolicy-FS-1-2-Res-2019-08": { protocols: WITH_12, ciphers: FORWARD },
  "ELBSecurityPolicy-FS-1-2-Res-2020-10": { protocols: WITH_12, ciphers: FORWARD_GCM },
};

export const policyNames: readonly string[] = Object.keys(POLICIES);

export const sslPolicies = {
  DescribeSSLPolicies: {
    run({ Names = [], LoadBalancerType, PageSize = 400 }) {
      const unknown = Names.find((name) => !policyNames.includes(name));
      if (unknown !== undefined) throw noSslPolicy(unknown);
      const wanted = LoadBalancerType === "gateway" ? [] : Names.length > 0 ? Names : policyNames;
      return {
        SslPolicies: wanted.slice(0, PageSize).map((Name) => ({
          Name,
          SslProtocols: [...POLICIES[Name]!.protocols],
          Ciphers: POLICIES[Name]!.ciphers.map((cipher, index) => ({ Name: cipher, Priority: index + 1 })),
          SupportedLoadBalancerTypes: ["application", "network"],
        })),
      };
    },
  },
} satisfies ElbOperations;
