// What of a container's log is asked for (PodLogOptions).
import { badRequest } from "../api/status.ts";

/** Parsed options; times in milliseconds. */
export interface LogQuery {
  readonly container: string;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tail: number | undefined;
  readonly since: number | undefined;
  readonly limitBytes: number | undefined;
}

const isTrue = (value: string | null) => value === "" || value === "true" || value === "1";

/** Reads the query of a log request. Throws 400. */
export function logQuery(query: URLSearchParams, now: number): LogQuery {
  const number = (name: string, least: number): number | undefined => {
    const text = query.get(name);
    if (text === null || text === "") return undefined;
    const value = Number(text);
    const wrong = (why: string) => badRequest(`PodLogOptions "" is invalid: ${name}: Invalid value: ${text}: ${why}`);
    if (!Number.isInteger(value)) throw wrong("must be an integer");
    if (value < least) throw wrong(`must be greater than${least === 0 ? " or equal to" : ""} 0`);
    return value;
  };
  const sinceSeconds = number("sinceSeconds", 1);
  const sinceTime = query.get("sinceTime");
  if (sinceSeconds !== undefined && sinceTime)
    throw badRequest('PodLogOptions "" is invalid: <nil>: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified');
  if (sinceTime && Number.isNaN(Date.parse(sinceTime))) throw badRequest(`parsing time ${JSON.stringify(sinceTime)} as RFC 3339 failed`);
  return {
    container: query.get("container") ?? "",
    follow: isTrue(query.get("follow")),
    previous: isTrue(query.get("previous")),
    timestamps: isTrue(query.get("timestamps")),
    tail: number("tailLines", 0),
    since: sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined,
    limitBytes: number("limitBytes", 1),
  };
}
