// ControllerRevisions: the history of templates of daemon sets and stateful sets.
import type { KubeObject } from "../api/object.ts";
import type { ControllerDeps } from "../runtime/controller.ts";
import { ignoreNotFound, isAlreadyExists } from "../runtime/errors.ts";
import { canonical, shortHash } from "../runtime/hash.ts";
import { controllerReference } from "../runtime/owners.ts";

const type = "controllerrevisions.apps";

/** What a revision remembers: the template, as a strategic patch that restores it. */
export function revisionData(owner: KubeObject): any {
  return { spec: { template: { ...owner.spec.template, $patch: "replace" } } };
}

/** The owner's revisions, lowest number first. */
export function revisionsOf({ stores }: ControllerDeps, owner: KubeObject): KubeObject[] {
  return stores.controlledBy(type, owner.metadata.uid).sort((a, b) => (a.revision ?? 0) - (b.revision ?? 0));
}

/** The revision of the present template: found, raised to the highest number if an older one, or made. */
export async function currentRevision(
  deps: ControllerDeps,
  owner: KubeObject,
  labels: Record<string, string>,
  hashLabel: string,
): Promise<KubeObject> {
  const { client, stores } = deps;
  const present = revisionsOf(deps, owner);
  const data = revisionData(owner);
  const text = canonical(data);
  const same = present.findLast((revision) => canonical(revision.data) === text);
  const highest = present.at(-1);
  if (same) {
    if (same === highest) return same;
    const raised = await client.update(type, { ...same, revision: (highest?.revision ?? 0) + 1 });
    stores.of(type).observe(raised);
    return raised;
  }
  for (let collisions = owner.status?.collisionCount ?? 0; ; collisions++) {
    const hash = shortHash(owner.spec.template, collisions || undefined);
    const name = `${owner.metadata.name}-${hash}`;
    const annotations = Object.fromEntries(
      Object.entries(owner.metadata.annotations ?? {}).filter(([key]) => key !== "kubectl.kubernetes.io/last-applied-configuration"),
    );
    const metadata = {
      name,
      namespace: owner.metadata.namespace!,
      labels: { ...labels, [hashLabel]: hash },
      annotations,
      ownerReferences: [controllerReference(owner)],
    };
    try {
      const made = await client.create(type, owner.metadata.namespace!, {
        apiVersion: "apps/v1",
        kind: "ControllerRevision",
        metadata,
        data,
        revision: (highest?.revision ?? 0) + 1,
      });
      stores.of(type).observe(made);
      return made;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const there = client.get(type, owner.metadata.namespace!, name);
      if (there && canonical(there.data) === text) return there;
    }
  }
}

/** Deletes the oldest revisions beyond `revisionHistoryLimit` that no pod and no status uses. */
export async function trimRevisions(deps: ControllerDeps, owner: KubeObject, used: ReadonlySet<string>): Promise<void> {
  const limit = owner.spec.revisionHistoryLimit ?? 10;
  const unused = revisionsOf(deps, owner).filter((revision) => !used.has(revision.metadata.name));
  for (const revision of unused.slice(0, Math.max(0, unused.length - limit))) {
    await ignoreNotFound(deps.client.delete(type, revision.metadata.namespace!, revision.metadata.name));
  }
}
