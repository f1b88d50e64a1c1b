// Quotas and capacity as they can be read (Elastic Load Balancing API Reference).
import { on } from "./access.ts";
import type { ElbOperations } from "./deps.ts";

const LIMITS: Readonly<Record<string, number>> = {
  "target-groups": 3000,
  "targets-per-application-load-balancer": 1000,
  "listeners-per-application-load-balancer": 50,
  "rules-per-application-load-balancer": 100,
  "network-load-balancers": 50,
  "targets-per-network-load-balancer": 3000,
  "targets-per-availability-zone-per-network-load-balancer": 500,
  "listeners-per-network-load-balancer": 50,
  "condition-values-per-alb-rule": 5,
  "condition-wildcards-per-alb-rule": 6,
  "target-groups-per-application-load-balancer": 100,
  "target-groups-per-action-on-application-load-balancer": 5,
  "target-groups-per-action-on-network-load-balancer": 5,
  "certificates-per-application-load-balancer": 25,
  "certificates-per-network-load-balancer": 25,
  "targets-per-target-group": 1000,
  "target-id-registrations-per-application-load-balancer": 1000,
  "network-load-balancer-enis-per-vpc": 1200,
  "application-load-balancers": 50,
};

export const limits = {
  DescribeAccountLimits: {
    run: () => ({ Limits: Object.entries(LIMITS).map(([Name, most]) => ({ Name, Max: String(most) })) }),
  },
  /** No load balancer has reserved capacity. */
  DescribeCapacityReservation: {
    resource: on("LoadBalancerArn").resource,
    run({ LoadBalancerArn }, call, { state }) {
      state.loadBalancer(call, LoadBalancerArn);
      return { DecreaseRequestsRemaining: 2, CapacityReservationState: [] };
    },
  },
} satisfies ElbOperations;
