// Attributes of load balancers, target groups and listeners: defaults and what values they take (Elastic Load Balancing API Reference,
// "LoadBalancerAttribute", "TargetGroupAttribute", "ListenerAttribute").
import type { ListenerRecord, LoadBalancerRecord, TargetGroupRecord } from "./records.ts";

/** One attribute. */
export interface AttributeRule {
  readonly initial: string;
  readonly accepts: (value: string) => boolean;
}

export type AttributeTable = Readonly<Record<string, AttributeRule>>;

const flag = (initial: boolean): AttributeRule => ({ initial: String(initial), accepts: (value) => value === "true" || value === "false" });
const choice = (initial: string, ...others: string[]): AttributeRule => ({
  initial,
  accepts: (value) => value === initial || others.includes(value),
});
const range = (initial: number, from: number, to: number): AttributeRule => ({
  initial: String(initial),
  accepts: (value) => /^\d{1,6}$/.test(value) && Number(value) >= from && Number(value) <= to,
});
const text = (initial = ""): AttributeRule => ({ initial, accepts: (value) => value.length <= 1024 });
const countOrOff = (initial: string, most: number): AttributeRule => ({
  initial,
  accepts: (value) => value === "off" || (/^\d{1,6}$/.test(value) && Number(value) >= 1 && Number(value) <= most),
});

const s3Log = (name: string): AttributeTable => ({
  [`${name}.s3.enabled`]: flag(false),
  [`${name}.s3.bucket`]: text(),
  [`${name}.s3.prefix`]: text(),
});

const APPLICATION: AttributeTable = {
  ...s3Log("access_logs"),
  ...s3Log("connection_logs"),
  ...s3Log("health_check_logs"),
  "client_keep_alive.seconds": range(3600, 60, 604_800),
  "deletion_protection.enabled": flag(false),
  "idle_timeout.timeout_seconds": range(60, 1, 4000),
  "load_balancing.cross_zone.enabled": choice("true"),
  "routing.http.desync_mitigation_mode": choice("defensive", "monitor", "strictest"),
  "routing.http.drop_invalid_header_fields.enabled": flag(false),
  "routing.http.preserve_host_header.enabled": flag(false),
  "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": flag(false),
  "routing.http.xff_client_port.enabled": flag(false),
  "routing.http.xff_header_processing.mode": choice("append", "preserve", "remove"),
  "routing.http2.enabled": flag(true),
  "waf.fail_open.enabled": flag(false),
  "zonal_shift.config.enabled": flag(false),
};

const NETWORK: AttributeTable = {
  ...s3Log("access_logs"),
  "deletion_protection.enabled": flag(false),
  "dns_record.client_routing_policy": choice("any_availability_zone", "availability_zone_affinity", "partial_availability_zone_affinity"),
  "load_balancing.cross_zone.enabled": flag(false),
  "secondary_ips.auto_assigned.per_subnet": range(0, 0, 7),
  "zonal_shift.config.enabled": flag(false),
};

const DENY_GATEWAY: AttributeTable = { "ipv6.deny_all_igw_traffic": flag(false) };

/** Attributes that a load balancer has. */
export const loadBalancerAttributes = ({ kind, ipAddressType }: LoadBalancerRecord): AttributeTable => ({
  ...(kind === "application" ? APPLICATION : NETWORK),
  ...(ipAddressType === "ipv4" ? {} : DENY_GATEWAY),
});

const ANY_GROUP: AttributeTable = {
  "deregistration_delay.timeout_seconds": range(300, 0, 3600),
  "load_balancing.cross_zone.enabled": choice("use_load_balancer_configuration", "true", "false"),
  "stickiness.enabled": flag(false),
  "target_group_health.dns_failover.minimum_healthy_targets.count": countOrOff("1", 1000),
  "target_group_health.dns_failover.minimum_healthy_targets.percentage": countOrOff("off", 100),
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": range(1, 1, 1000),
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": countOrOff("off", 100),
};

const HTTP_GROUP: AttributeTable = {
  "load_balancing.algorithm.anomaly_mitigation": choice("off", "on"),
  "load_balancing.algorithm.type": choice("round_robin", "least_outstanding_requests", "weighted_random"),
  "slow_start.duration_seconds": { initial: "0", accepts: (value) => value === "0" || range(0, 30, 900).accepts(value) },
  "stickiness.app_cookie.cookie_name": text(),
  "stickiness.app_cookie.duration_seconds": range(86_400, 1, 604_800),
  "stickiness.lb_cookie.duration_seconds": range(86_400, 1, 604_800),
  "stickiness.type": choice("lb_cookie", "app_cookie"),
};

const TCP_GROUP: AttributeTable = {
  "deregistration_delay.connection_termination.enabled": flag(false),
  "proxy_protocol_v2.enabled": flag(false),
  "stickiness.type": choice("source_ip"),
  "target_health_state.unhealthy.connection_termination.enabled": flag(true),
  "target_health_state.unhealthy.draining_interval_seconds": range(0, 0, 360_000),
};

/** Attributes that a target group has. Clients' addresses are kept for instances and datagrams. */
export function targetGroupAttributes({ protocol, targetType }: Pick<TargetGroupRecord, "protocol" | "targetType">): AttributeTable {
  if (protocol.startsWith("HTTP")) return { ...ANY_GROUP, ...HTTP_GROUP };
  const preserved = targetType === "instance" || protocol.includes("UDP");
  return { ...ANY_GROUP, ...TCP_GROUP, "preserve_client_ip.enabled": flag(preserved) };
}

const RESPONSE_HEADERS = [
  ...["strict_transport_security", "access_control_allow_origin", "access_control_allow_methods", "access_control_allow_headers"],
  ...["access_control_allow_credentials", "access_control_expose_headers", "access_control_max_age", "content_security_policy"],
  ...["x_content_type_options", "x_frame_options"],
];
const HTTP_LISTENER: AttributeTable = {
  "routing.http.response.server.enabled": flag(true),
  ...Object.fromEntries(RESPONSE_HEADERS.map((name) => [`routing.http.response.${name}.header_value`, text()])),
};
const REQUEST_HEADERS: Readonly<Record<string, string>> = {
  x_amzn_mtls_clientcert_serial_number: "X-Amzn-Mtls-Clientcert-Serial-Number",
  x_amzn_mtls_clientcert_issuer: "X-Amzn-Mtls-Clientcert-Issuer",
  x_amzn_mtls_clientcert_subject: "X-Amzn-Mtls-Clientcert-Subject",
  x_amzn_mtls_clientcert_validity: "X-Amzn-Mtls-Clientcert-Validity",
  x_amzn_mtls_clientcert_leaf: "X-Amzn-Mtls-Clientcert-Leaf",
  x_amzn_mtls_clientcert: "X-Amzn-Mtls-Clientcert",
  x_amzn_tls_version: "X-Amzn-Tls-Version",
  x_amzn_tls_cipher_suite: "X-Amzn-Tls-Cipher-Suite",
};
const HTTPS_LISTENER: AttributeTable = {
  ...HTTP_LISTENER,
  ...Object.fromEntries(Object.entries(REQUEST_HEADERS).map(([key, header]) => [`routing.http.request.${key}.header_name`, text(header)])),
};

/** Attributes that a listener has. */
export function listenerAttributes({ protocol }: Pick<ListenerRecord, "protocol">): AttributeTable {
  if (protocol === "HTTP") return HTTP_LISTENER;
  if (protocol === "HTTPS") return HTTPS_LISTENER;
  return protocol === "TCP" ? { "tcp.idle_timeout.seconds": range(350, 60, 6000) } : {};
}
