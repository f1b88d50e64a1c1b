// EC2 as the resource controller sees it, in a few lines: one instance, interfaces, associations, failures on demand.
import { AwsError } from "../../src/aws/errors.ts";
import type { AttachedInterface, ControllerEc2, InterfaceWish, MadeInterface, NodeInstance } from "../../src/cni/branch/ec2.ts";
import { TRUNK_TAG } from "../../src/cni/branch/names.ts";

export class FakeControllerEc2 implements ControllerEc2 {
  readonly calls: string[] = [];
  readonly wishes = new Map<string, InterfaceWish>();
  readonly made = new Map<string, MadeInterface>();
  readonly attached: AttachedInterface[] = [{ id: "eni-0", type: "interface", deviceIndex: 0, cardIndex: 0, status: "in-use" }];
  readonly associated = new Map<string, string>();
  /** Called before each operation; what it throws is the answer. */
  fail: (operation: string) => void = () => {};
  instanceType = "m5.large";
  #serial = 0;

  #called(operation: string, detail = ""): void {
    this.calls.push(`${operation} ${detail}`.trim());
    this.fail(operation);
  }

  async instance(instanceId: string): Promise<NodeInstance> {
    this.#called("instance");
    const { instanceType, attached: interfaces } = this;
    return { instanceId, instanceType, subnetId: "subnet-1", groups: ["sg-node"], interfaces: [...interfaces] };
  }

  async subnet() {
    return { cidr: "10.0.3.0/24", cidr6: "" };
  }

  async create(wish: InterfaceWish): Promise<MadeInterface> {
    this.#called("create", wish.type ?? "branch");
    const n = ++this.#serial;
    const made = {
      id: `eni-${n}`,
      mac: `0a:00:00:00:00:${String(n).padStart(2, "0")}`,
      privateIp: `10.0.3.${n}`,
      ipv6Address: "",
      tags: wish.tags,
    };
    this.made.set(made.id, made);
    this.wishes.set(made.id, wish);
    return made;
  }

  async attach(id: string, _instanceId: string, deviceIndex: number): Promise<void> {
    this.#called("attach", `${id} ${deviceIndex}`);
    this.attached.push({ id, type: this.wishes.get(id)?.type ?? "interface", deviceIndex, cardIndex: 0, status: "in-use" });
  }

  async status(id: string): Promise<string> {
    this.#called("status", id);
    return this.attached.find((each) => each.id === id)?.status ?? "available";
  }

  async branchesOf(trunkId: string) {
    this.#called("branchesOf", trunkId);
    return [...this.made.values()].filter(({ tags }) => tags[TRUNK_TAG] === trunkId);
  }

  async associations() {
    return new Map([...this.associated].map(([association, branch]) => [branch, association]));
  }

  async associate(branchId: string, _trunkId: string, vlanId: number): Promise<string> {
    this.#called("associate", `${branchId} ${vlanId}`);
    const id = `trunk-assoc-${branchId}`;
    this.associated.set(id, branchId);
    return id;
  }

  async disassociate(id: string): Promise<void> {
    this.#called("disassociate", id);
    this.associated.delete(id);
  }

  async delete(id: string): Promise<void> {
    this.#called("delete", id);
    this.made.delete(id);
  }

  async available(): Promise<readonly string[]> {
    this.#called("available");
    return [];
  }
}

/** Makes operations fail, always or the first `times` times. */
export function failing(ec2: FakeControllerEc2, operation: string, times = Number.POSITIVE_INFINITY, code = "InternalError"): void {
  let left = times;
  ec2.fail = (each) => {
    if (each === operation && left-- > 0) throw new AwsError(code, `${operation} fails`);
  };
}
