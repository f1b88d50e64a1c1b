// What pods get from the cluster: priority and tolerations of node trouble; what claims get: the default storage class.
import type { KubeObject } from "../api/object.ts";
import { forbidden } from "../api/status.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./types.ts";

const isNewPod = ({ operation, group, resource, subresource }: AdmissionRequest) =>
  operation === "CREATE" && group === "" && resource === "pods" && subresource === "";

const classes = { group: "scheduling.k8s.io", plural: "priorityclasses" };

/** Priority: resolves priorityClassName to a number, or takes the global default. */
export function priority(objects: ObjectStorage): AdmissionPlugin {
  return {
    name: "Priority",
    mutate(request) {
      const { object, name } = request;
      if (!isNewPod(request) || !object?.spec) return;
      const { spec } = object;
      let found: KubeObject | undefined;
      if (spec.priorityClassName) {
        found = objects.get(classes, "", spec.priorityClassName);
        if (!found) throw forbidden({ group: "", plural: "pods" }, name, `no PriorityClass with name ${spec.priorityClassName} was found`);
      } else {
        const defaults = objects.list(classes).filter((each) => each.globalDefault);
        found = defaults.sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
        if (found) spec.priorityClassName = found.metadata.name;
      }
      const value = found?.value ?? 0;
      if (spec.priority !== undefined && spec.priority !== value) {
        throw forbidden(
          { group: "", plural: "pods" },
          name,
          `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
        );
      }
      spec.priority = value;
      spec.preemptionPolicy ??= found?.preemptionPolicy ?? "PreemptLowerPriority";
    },
  };
}

const troubles = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/** DefaultTolerationSeconds: pods stay five minutes on a node that is not ready or unreachable. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  mutate(request) {
    const { object } = request;
    if (!isNewPod(request) || !object?.spec) return;
    const present = object.spec.tolerations ?? [];
    const tolerates = (key: string) =>
      present.some((each: any) => (each.key === key || !each.key) && (!each.effect || each.effect === "NoExecute"));
    const added = troubles
      .filter((key) => !tolerates(key))
      .map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }));
    if (added.length > 0) object.spec.tolerations = [...present, ...added];
  },
};

const storageClasses = { group: "storage.k8s.io", plural: "storageclasses" };
const mark = "storageclass.kubernetes.io/is-default-class";

/** DefaultStorageClass: claims that name no class get the newest default one. */
export function defaultStorageClass(objects: ObjectStorage): AdmissionPlugin {
  return {
    name: "DefaultStorageClass",
    mutate({ operation, group, resource, subresource, object }) {
      if (operation !== "CREATE" || group !== "" || resource !== "persistentvolumeclaims" || subresource !== "") return;
      if (!object?.spec || object.spec.storageClassName !== undefined) return;
      const newest = objects
        .list(storageClasses)
        .filter((each) => each.metadata.annotations?.[mark] === "true")
        .sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1))[0];
      if (newest) object.spec.storageClassName = newest.metadata.name;
    },
  };
}
