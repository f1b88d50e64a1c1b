// What the steps of load balancing work with, for one cluster.
import type { InputOf, OperationName, OutputOf, Sdk } from "../../aws/operation.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";

type Elb = Sdk["elasticloadbalancing"];
type Ec2 = Sdk["ec2"];

/** Calls in one name. */
export interface Calls {
  elb<Name extends OperationName<Elb>>(name: Name, input: InputOf<Elb, Name>): Promise<OutputOf<Elb, Name>>;
  ec2<Name extends OperationName<Ec2>>(name: Name, input: InputOf<Ec2, Name>): Promise<OutputOf<Ec2, Name>>;
}

/** Whose resources are meant, and who looks and deletes. */
export interface Owner {
  readonly cluster: ClusterRecord;
  /** EKS's service-linked role, which may look at everything and delete what is tagged with a cluster. */
  readonly asService: Calls;
}

/** One cluster. */
export interface Balancing extends Owner {
  readonly kube: KubeClient;
  /** The cluster role, which makes and changes. */
  readonly asClusterRole: Calls;
  /** Writes an event, unless the object was told the same last. */
  tell(object: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void;
}
