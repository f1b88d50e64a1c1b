// The log group of a cluster with control-plane logging (spec eks-control-plane §3.4, §7.1).
import { AwsError } from "../../aws/errors.ts";
import type { CallOptions, Invoke } from "../../aws/operation.ts";

/** Makes `/aws/eks/<cluster>/cluster` unless it is there. It outlives the cluster. */
export async function ensureLogGroup({ invoke }: { readonly invoke: Invoke }, clusterName: string, service: CallOptions): Promise<void> {
  const input = { logGroupName: `/aws/eks/${clusterName}/cluster` };
  await invoke("logs", "CreateLogGroup", input, service).catch((error: unknown) => {
    if (!(error instanceof AwsError) || error.code !== "ResourceAlreadyExistsException") throw error;
  });
}
