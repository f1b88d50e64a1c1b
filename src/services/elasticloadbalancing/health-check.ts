// Health checks of target groups: defaults and limits (Elastic Load Balancing API Reference, "CreateTargetGroup").
import type { CreateTargetGroupInput } from "@aws-sdk/client-elastic-load-balancing-v2";
import { invalid } from "./errors.ts";
import type { HealthCheck, TargetGroupRecord } from "./records.ts";

type CheckInput = Pick<
  CreateTargetGroupInput,
  | "HealthCheckProtocol"
  | "HealthCheckPort"
  | "HealthCheckPath"
  | "HealthCheckEnabled"
  | "HealthCheckIntervalSeconds"
  | "HealthCheckTimeoutSeconds"
  | "HealthyThresholdCount"
  | "UnhealthyThresholdCount"
  | "Matcher"
>;

const isHttp = (protocol: string) => protocol === "HTTP" || protocol === "HTTPS";

/** The check a request asks for, over the present one or the defaults. Throws ValidationError. */
export function checkOf(
  input: CheckInput,
  group: Pick<TargetGroupRecord, "protocol" | "protocolVersion">,
  present?: HealthCheck,
): HealthCheck {
  const httpGroup = isHttp(group.protocol);
  const protocol = input.HealthCheckProtocol ?? present?.protocol ?? (httpGroup ? (group.protocol === "HTTPS" ? "HTTPS" : "HTTP") : "TCP");
  if (httpGroup ? !isHttp(protocol) : !isHttp(protocol) && protocol !== "TCP") {
    throw invalid(`Health check protocol '${protocol}' is not supported for target groups with protocol '${group.protocol}'`);
  }
  const http = isHttp(protocol);
  const port = input.HealthCheckPort ?? present?.port ?? "traffic-port";
  if (port !== "traffic-port" && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535))
    throw invalid(`Health check port '${port}' must be 'traffic-port' or in the range 1-65535`);
  if (!http && (input.HealthCheckPath !== undefined || input.Matcher !== undefined))
    throw invalid(`Health check path and matcher are not supported for health check protocol '${protocol}'`);
  const interval = within("Health check interval", input.HealthCheckIntervalSeconds ?? present?.interval ?? 30, 5, 300);
  const timeout = within(
    "Health check timeout",
    input.HealthCheckTimeoutSeconds ?? present?.timeout ?? defaultTimeout(httpGroup, http),
    2,
    120,
  );
  if (timeout > interval) throw invalid(`Health check timeout '${timeout}' must be smaller than or equal to the interval '${interval}'`);
  const healthy = within("Healthy threshold count", input.HealthyThresholdCount ?? present?.healthy ?? 5, 2, 10);
  const unhealthy = within("Unhealthy threshold count", input.UnhealthyThresholdCount ?? present?.unhealthy ?? 2, 2, 10);
  const enabled = input.HealthCheckEnabled ?? present?.enabled ?? true;
  if (!enabled) throw invalid("Health check enabled must be true for target groups with target type 'instance' or 'ip'");
  const common = { enabled, protocol, port, interval, timeout, healthy, unhealthy };
  if (!http) return common;
  const grpc = group.protocolVersion === "GRPC";
  const path = input.HealthCheckPath ?? present?.path ?? (grpc ? "/AWS.ALB/healthcheck" : "/");
  if (!path.startsWith("/") || path.length > 1024)
    throw invalid(`Health check path '${path.slice(0, 100)}' must begin with a '/' character and have at most 1024 characters`);
  if (grpc) return { ...common, path, grpcCode: codes(input.Matcher?.GrpcCode ?? present?.grpcCode ?? "12", 0, 99) };
  return { ...common, path, httpCode: codes(input.Matcher?.HttpCode ?? present?.httpCode ?? (httpGroup ? "200" : "200-399"), 200, 599) };
}

const defaultTimeout = (httpGroup: boolean, httpCheck: boolean) => (httpGroup ? 5 : httpCheck ? 6 : 10);

function within(what: string, value: number, from: number, to: number): number {
  if (!Number.isInteger(value) || value < from || value > to) throw invalid(`${what} '${value}' must be between '${from}' and '${to}'`);
  return value;
}

/** `200`, `200,202` or `200-299`. */
function codes(text: string, from: number, to: number): string {
  const numbers = text.split(/[,-]/).map(Number);
  const wellFormed = /^\d{1,3}([,-]\d{1,3})*$/.test(text) && text.length <= 200;
  if (!wellFormed || numbers.some((code) => code < from || code > to))
    throw invalid(`Health check matcher '${text.slice(0, 100)}' is not valid`);
  return text;
}
