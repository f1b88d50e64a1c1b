// Makes the resource claims that pods name by template; each belongs to its pod and goes with it.
import type { KubeObject, NewObject } from "../../api/object.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { errorText } from "../../runtime/errors.ts";
import { controllerReference, ownerKeys } from "../../runtime/owners.ts";
import { isPodFinished } from "../../runtime/pods.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";

export const CLAIMS = "resourceclaims.resource.k8s.io";
const templates = "resourceclaimtemplates.resource.k8s.io";
const podClaim = "resource.kubernetes.io/pod-claim-name";

interface Entry {
  readonly name: string;
  readonly resourceClaimTemplateName?: string;
}

/** The resource claim controller. Keys are pods. */
export function resourceClaimController({ client, stores, events }: ControllerDeps): Controller {
  const entriesOf = (pod: KubeObject) => ((pod.spec?.resourceClaims ?? []) as Entry[]).filter((each) => each.resourceClaimTemplateName);
  const waiting = (template: KubeObject) =>
    stores.pods
      .list(template.metadata.namespace)
      .filter((pod) => entriesOf(pod).some((entry) => entry.resourceClaimTemplateName === template.metadata.name))
      .map(keyOf);
  const make = async (pod: KubeObject, { name, resourceClaimTemplateName = "" }: Entry): Promise<KubeObject> => {
    const { namespace = "", name: podName } = pod.metadata;
    const made = stores.controlledBy(CLAIMS, pod.metadata.uid).find(({ metadata }) => metadata.annotations?.[podClaim] === name);
    if (made) return made;
    const template = stores.of(templates).get(namespace, resourceClaimTemplateName);
    if (!template)
      throw new Error(
        `resource claim template "${resourceClaimTemplateName}": resourceclaimtemplate.resource.k8s.io "${resourceClaimTemplateName}" not found`,
      );
    const { metadata, spec } = template.spec;
    const claim: NewObject = {
      apiVersion: template.apiVersion,
      kind: "ResourceClaim",
      metadata: {
        generateName: `${podName}-${name}-`,
        namespace,
        annotations: { ...metadata?.annotations, [podClaim]: name },
        ...(metadata?.labels && { labels: metadata.labels }),
        ownerReferences: [controllerReference(pod)],
      },
      spec,
    };
    const created = await client.create(CLAIMS, namespace, claim);
    stores.of(CLAIMS).observe(created);
    return created;
  };
  return {
    name: "resource-claim",
    watches: [
      { type: "pods", keys: ({ object }) => (entriesOf(object).length > 0 ? [keyOf(object)] : []) },
      { type: templates, keys: ({ type, object }) => (type === "ADDED" ? waiting(object) : []) },
      {
        type: CLAIMS,
        keys: ({ type, object }) => (type === "DELETED" ? ownerKeys(object, "Pod") : []),
      },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const pod = stores.pods.get(namespace, name);
      if (!pod || pod.metadata.deletionTimestamp || isPodFinished(pod)) return undefined;
      const known = (pod.status?.resourceClaimStatuses ?? []) as { name: string }[];
      const added: object[] = [];
      for (const entry of entriesOf(pod)) {
        if (known.some((each) => each.name === entry.name)) continue;
        try {
          added.push({ name: entry.name, resourceClaimName: (await make(pod, entry)).metadata.name });
        } catch (error) {
          events.event(pod, "Warning", "FailedResourceClaimCreation", `PodResourceClaim ${entry.name}: ${errorText(error)}`);
          return 5000;
        }
      }
      if (added.length === 0) return undefined;
      const body = { metadata: { uid: pod.metadata.uid }, status: { resourceClaimStatuses: [...known, ...added] } };
      stores.pods.observe(await client.patch("pods", namespace, name, "merge", body, { subresource: "status" }));
      return undefined;
    },
  };
}
