// The protocols by name.
import { awsJson1_1 } from "./aws-json.ts";
import { awsQuery, ec2Query } from "./query.ts";
import { restJson1 } from "./rest-json.ts";
import type { Protocol, ProtocolName } from "./wire.ts";

/** All protocols. */
export const protocols: Readonly<Record<ProtocolName, Protocol>> = { restJson1, awsJson1_1, awsQuery, ec2Query };
