// An add-on's objects as they go into a cluster: manifests, configuration values, namespace, roles.
import type { NewObject } from "../../kubernetes/api/object.ts";
import { bundleObjects, findBundle } from "./bundle.ts";
import { configureBundle } from "./bundle-settings.ts";
import { coredns } from "./coredns.ts";
import type { AddonFacts } from "./facts.ts";
import { kubeProxy } from "./kube-proxy.ts";
import { podIdentityAgent } from "./pod-identity-agent.ts";
import { configureCoredns, configureKubeProxy, configurePodIdentityAgent } from "./settings.ts";
import { vpcCni } from "./vpc-cni.ts";
import { configureVpcCni } from "./vpc-cni-settings.ts";
import { type Values, workloads } from "./workload.ts";

/** What is to be installed. */
export interface AddonInstallation {
  readonly name: string;
  readonly namespace: string;
  /** Parsed configuration values; they satisfy the schema of the version. */
  readonly values: Values;
  /** Role ARNs of IRSA by service account. */
  readonly roles: Readonly<Record<string, string>>;
  /** Pods must be newer than this; epoch milliseconds. */
  readonly restartedAt?: number;
}

interface Manifest {
  readonly objects: (facts: AddonFacts) => NewObject[];
  readonly configure: (objects: NewObject[], values: Values) => void;
}

const MANIFESTS: Readonly<Record<string, Manifest>> = {
  "vpc-cni": { objects: vpcCni, configure: configureVpcCni },
  coredns: { objects: coredns, configure: configureCoredns },
  "kube-proxy": { objects: kubeProxy, configure: configureKubeProxy },
  "eks-pod-identity-agent": { objects: podIdentityAgent, configure: configurePodIdentityAgent },
};
const ROLE_ANNOTATION = "eks.amazonaws.com/role-arn";

/** The objects in order of creation. Throws Error for an add-on Atoll has no manifests of. */
export function renderAddon(addon: AddonInstallation, facts: AddonFacts): NewObject[] {
  const objects = structuredClone(configured(addon, facts));
  for (const object of objects) {
    if (object.kind !== "ServiceAccount") continue;
    const role = addon.roles[object.metadata.name ?? ""];
    if (role) object.metadata.annotations = { ...object.metadata.annotations, [ROLE_ANNOTATION]: role };
  }
  if (addon.restartedAt !== undefined) {
    const stamp = new Date(addon.restartedAt).toISOString();
    for (const { spec } of workloads(objects)) {
      const { metadata } = spec.template;
      metadata.annotations = { ...metadata.annotations, "eks.amazonaws.com/restartedAt": stamp };
    }
  }
  return objects;
}

function configured({ name, namespace, values }: AddonInstallation, facts: AddonFacts): NewObject[] {
  const manifest = MANIFESTS[name];
  if (manifest) {
    const objects = structuredClone(manifest.objects(facts));
    manifest.configure(objects, values);
    return objects.map((object) => moved(object, namespace));
  }
  const bundle = findBundle(name);
  if (!bundle) throw new Error(`there are no manifests of the add-on ${name}`);
  const objects = structuredClone(bundleObjects(bundle, facts, namespace));
  configureBundle(name, objects, values);
  return objects;
}

/** The manifests are written for kube-system; another namespace replaces it wherever they name it. */
function moved(object: NewObject, namespace: string): NewObject {
  if (object.metadata.namespace) object.metadata.namespace = namespace;
  for (const subject of object.subjects ?? []) if (subject.namespace) subject.namespace = namespace;
  return object;
}
