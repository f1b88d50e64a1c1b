// What aws-node does for security groups for pods: asks for a trunk through the node's CNINode, and finds it (spec vpc-cni §3.3 step 6).
import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { type CniFeature, withFeatures } from "../cni/branch/cni-node.ts";
import { CNI_NODES, POD_ENI } from "../cni/branch/names.ts";
import { eniConfigName, type NodeMarks } from "../cni/ipamd/eni-config.ts";
import type { Ipamd } from "../cni/ipamd/ipamd.ts";
import type { KubeObject } from "../kubernetes/api/object.ts";
import type { KubeClient } from "../kubernetes/client/client.ts";

/** Until the CNINode is made, or EC2 shows the trunk. */
const SOON = 1000;
/** Until a slot may have become free. */
const LATER = 60_000;
const DEFAULT_ENI_CONFIG = "default";

/** What the request is made with. */
export interface TrunkRequestOptions {
  readonly nodeName: string;
  /** Acts as aws-node's service account: its role says what it may write. */
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  /** The node's address manager; undefined while it does not serve. */
  ipamd(): Ipamd | undefined;
  node(): KubeObject | undefined;
}

/** Call `look` when ipamd has started and whenever the node changes. */
export class TrunkRequest {
  readonly #options: TrunkRequestOptions;
  #running = false;
  #again = false;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: TrunkRequestOptions) {
    this.#options = options;
  }

  look(): void {
    if (this.#closed || !this.#options.ipamd()?.settings.podEni) return;
    this.#again = true;
    if (!this.#running) void this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    const { clock, log, nodeName } = this.#options;
    this.#running = true;
    let wait: number | undefined;
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        wait = await this.#step();
      } catch (error) {
        log.warn({ node: nodeName, error: (error as Error).message }, "no trunk can be asked for");
        wait = LATER;
      }
    }
    this.#running = false;
    this.#timer?.cancel();
    if (wait !== undefined && !this.#closed) this.#timer = clock.after(wait, () => this.look());
  }

  /** Milliseconds until the next step; undefined if nothing is left to do. */
  async #step(): Promise<number | undefined> {
    const { client, nodeName, log, node } = this.#options;
    const ipamd = this.#options.ipamd();
    if (!ipamd || hasTrunk(ipamd)) return undefined;
    const cniNode = client.get(CNI_NODES, "", nodeName);
    if (!cniNode) return SOON;
    if (!hasSlot(ipamd)) {
      log.info({ node: nodeName }, "No slot available for a trunk ENI to be attached.");
      return LATER;
    }
    const features = withFeatures(cniNode, this.#wanted(ipamd));
    if (features) await client.patch(CNI_NODES, "", nodeName, "merge", { spec: { features } });
    if (node()?.status?.capacity?.[POD_ENI] === undefined) return undefined;
    await ipamd.findTrunk();
    return hasTrunk(ipamd) ? undefined : SOON;
  }

  /** Custom networking is named first and together with the rest: the trunk is made of it (spec vpc-cni §5). */
  #wanted({ settings }: Ipamd): CniFeature[] {
    const { labels = {}, annotations = {} } = this.#options.node()?.metadata ?? {};
    const marks: NodeMarks = { labels, annotations };
    const value = settings.customNetworking ? eniConfigName(settings, marks) : DEFAULT_ENI_CONFIG;
    const groups: CniFeature = { name: "SecurityGroupsForPods" };
    return value === DEFAULT_ENI_CONFIG ? [groups] : [{ name: "CustomNetworking", value }, groups];
  }
}

const hasTrunk = ({ store }: Ipamd) => [...store.enis.values()].some(({ isTrunk }) => isTrunk);

/** Under IPv6 the instance has one interface only. */
const hasSlot = ({ settings, store, limits, unmanaged }: Ipamd) => settings.ipv6 || store.enis.size < limits.maxEnis - unmanaged.size;
