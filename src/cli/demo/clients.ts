// The demo's AWS clients: the official SDK, pointed at Atoll by nothing but endpoint and keys.
import { CloudTrailClient } from "@aws-sdk/client-cloudtrail";
import { EC2Client } from "@aws-sdk/client-ec2";
import { EKSClient } from "@aws-sdk/client-eks";
import { IAMClient } from "@aws-sdk/client-iam";
import type { Connection } from "../../base/connection.ts";

/** Clients of the services the demo calls. */
export interface Clients {
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly iam: IAMClient;
  readonly cloudtrail: CloudTrailClient;
}

/** Makes the clients with the default account's root key. */
export function makeClients({ endpoint, region, accessKeyId, secretAccessKey }: Connection): Clients {
  const settings = { endpoint, region, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 };
  return {
    ec2: new EC2Client(settings),
    eks: new EKSClient(settings),
    iam: new IAMClient(settings),
    cloudtrail: new CloudTrailClient(settings),
  };
}
