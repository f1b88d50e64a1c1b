// The records of Elastic Load Balancing, found by ARN within an account's region.
import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import { parseArn } from "../../aws/arn.ts";
import type { Call } from "../../aws/operation.ts";
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import { noListener, noLoadBalancer, noRule, noTargetGroup } from "./errors.ts";
import type { ListenerRecord, LoadBalancerRecord, Resource, RuleRecord, TargetGroupRecord } from "./records.ts";

/** Whose resources are meant. */
export type Place = Pick<Call, "account" | "region">;

/** Resources of one kind. */
export class Table<T extends Resource> {
  readonly #records: Collection<T>;

  constructor(store: Store, kind: string) {
    this.#records = new Collection(store, `elasticloadbalancing/${kind}`);
  }

  /** By ARN; undefined if the place has none of that ARN. */
  get({ account, region }: Place, arn: string): Readonly<T> | undefined {
    const parsed = parseArn(arn);
    return parsed?.account === account && parsed.region === region ? this.#records.get(keyOf(arn)) : undefined;
  }

  list({ account, region }: Place): Readonly<T>[] {
    return this.#records.list(`${account}/${region}/`);
  }

  /** Resources of every account and region. */
  everywhere(): Readonly<T>[] {
    return this.#records.list();
  }

  put(record: T): T {
    return this.#records.put(keyOf(record.arn), record);
  }

  delete(arn: string): void {
    this.#records.delete(keyOf(arn));
  }
}

/** `account/region/loadbalancer/app/name/id`. */
function keyOf(arn: string): string {
  const { account = "", region = "", resource = "" } = parseArn(arn) ?? {};
  return `${account}/${region}/${resource}`;
}

/** Everything that is kept. */
export class State {
  readonly store: Store;
  readonly loadBalancers: Table<LoadBalancerRecord>;
  readonly targetGroups: Table<TargetGroupRecord>;
  readonly listeners: Table<ListenerRecord>;
  readonly rules: Table<RuleRecord>;

  constructor(store: Store) {
    this.store = store;
    this.loadBalancers = new Table(store, "load-balancer");
    this.targetGroups = new Table(store, "target-group");
    this.listeners = new Table(store, "listener");
    this.rules = new Table(store, "rule");
  }

  /** Throws LoadBalancerNotFound. */
  loadBalancer(place: Place, arn = ""): LoadBalancerRecord {
    const found = this.loadBalancers.get(place, arn);
    if (!found || found.deleting) throw noLoadBalancer(arn);
    return found;
  }

  /** Throws TargetGroupNotFound. */
  targetGroup(place: Place, arn = ""): TargetGroupRecord {
    const found = this.targetGroups.get(place, arn);
    if (!found) throw noTargetGroup(arn);
    return found;
  }

  /** Throws ListenerNotFound. */
  listener(place: Place, arn = ""): ListenerRecord {
    const found = this.listeners.get(place, arn);
    if (!found) throw noListener();
    return found;
  }

  /** Throws RuleNotFound. Default rules belong to their listeners and are not found here. */
  rule(place: Place, arn = ""): RuleRecord {
    const found = this.rules.get(place, arn);
    if (!found) throw noRule();
    return found;
  }

  listenersOf(place: Place, loadBalancerArn: string): ListenerRecord[] {
    return this.listeners.list(place).filter((each) => each.loadBalancerArn === loadBalancerArn);
  }

  /** By priority. */
  rulesOf(place: Place, listenerArn: string): RuleRecord[] {
    return this.rules
      .list(place)
      .filter((each) => each.listenerArn === listenerArn)
      .sort((a, b) => a.priority - b.priority);
  }

  /** A resource of any kind; undefined if there is none. */
  resource(place: Place, arn: string): Resource | undefined {
    const loadBalancer = this.loadBalancers.get(place, arn);
    if (loadBalancer) return loadBalancer.deleting ? undefined : loadBalancer;
    return this.targetGroups.get(place, arn) ?? this.listeners.get(place, arn) ?? this.rules.get(place, arn);
  }

  /** ARNs of the load balancers that send to a target group. */
  usersOf(place: Place, targetGroupArn: string): string[] {
    const listeners = this.listeners.list(place);
    const direct = listeners.filter(({ actions }) => targetGroupsOf(actions).includes(targetGroupArn));
    const ruled = this.rules.list(place).filter(({ actions }) => targetGroupsOf(actions).includes(targetGroupArn));
    const through = ruled.flatMap(({ listenerArn }) => listeners.find(({ arn }) => arn === listenerArn) ?? []);
    return [...new Set([...direct, ...through].map(({ loadBalancerArn }) => loadBalancerArn))];
  }
}

/** ARNs of the target groups that actions forward to. */
export function targetGroupsOf(actions: readonly Action[]): string[] {
  const all = actions.flatMap(({ TargetGroupArn, ForwardConfig }) => [
    TargetGroupArn,
    ...(ForwardConfig?.TargetGroups ?? []).map((each) => each.TargetGroupArn),
  ]);
  return [...new Set(all.filter((arn) => arn !== undefined))];
}
