// The managed instances of a cluster in EC2, and their end.
import type { Instance } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/errors.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";

type Deps = Pick<ControllerDeps, "invoke" | "directory" | "sessions">;

const LIVING = ["pending", "running", "stopping", "stopped", "shutting-down"];

/** Instances of a cluster's Auto Mode that are not terminated, by id. */
export async function managedInstances(deps: Deps, cluster: ClusterRecord): Promise<Map<string, Instance>> {
  const Filters = [
    { Name: "tag:eks:eks-cluster-name", Values: [cluster.name] },
    { Name: "operator.principal", Values: ["eks.amazonaws.com"] },
    { Name: "instance-state-name", Values: LIVING },
  ];
  const { Reservations = [] } = await deps.invoke("ec2", "DescribeInstances", { Filters }, asService(deps, cluster));
  const found = Reservations.flatMap(({ Instances = [] }) => Instances);
  return new Map(found.map((instance) => [instance.InstanceId ?? "", instance]));
}

/** Whether an instance still has to be told to end. */
export const lives = (instance: Instance | undefined) => instance !== undefined && instance.State?.Name !== "shutting-down";

/** Terminates an instance; one that is gone already is fine. */
export async function terminateManaged(deps: Deps, cluster: ClusterRecord, instanceId: string): Promise<void> {
  await deps.invoke("ec2", "TerminateInstances", { InstanceIds: [instanceId] }, asService(deps, cluster)).catch((error: unknown) => {
    if (!(error instanceof AwsError) || !error.code.startsWith("InvalidInstanceID")) throw error;
  });
}

/** Id of the instance behind a claim; empty before it is launched. */
export const instanceIdOf = (claim: KubeObject): string =>
  String(claim.status?.providerID ?? "")
    .split("/")
    .pop()!;
