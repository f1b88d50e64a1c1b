// What the VPC resource controller's webhooks look up, read from the cluster.
import { CNI_CONFIG_MAP, GROUP_POLICIES } from "../../cni/branch/names.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { VpcResourceSources } from "./webhook.ts";

/** Sources over a client with every right; it is asked for at every use. */
export function vpcResourceSources(client: () => KubeClient): VpcResourceSources {
  return {
    policies: (namespace) =>
      client()
        .list(GROUP_POLICIES, { namespace })
        .map(({ spec }) => spec ?? {}),
    serviceAccount(namespace, name) {
      const account = client().get("serviceaccounts", namespace, name);
      return account && { labels: account.metadata.labels };
    },
    settings: () => client().get("configmaps", "kube-system", CNI_CONFIG_MAP)?.data,
  };
}
