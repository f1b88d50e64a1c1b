// The environment that points AWS clients at Atoll.
import type { Connection } from "../base/connection.ts";

/** Variables for AWS CLI, SDKs, Terraform and eksctl, with the default account's root key. */
export function clientEnvironment(connection: Connection): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: connection.endpoint,
    AWS_ACCESS_KEY_ID: connection.accessKeyId,
    AWS_SECRET_ACCESS_KEY: connection.secretAccessKey,
    AWS_REGION: connection.region,
    AWS_DEFAULT_REGION: connection.region,
  };
}
