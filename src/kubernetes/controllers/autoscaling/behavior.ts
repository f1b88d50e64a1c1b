// How fast an autoscaler may go: stabilisation windows and scaling policies (Kubernetes documentation, "Horizontal Pod Autoscaling").

/** Rules of one direction, defaults filled in. */
export interface ScalingRules {
  readonly stabilizationWindowSeconds?: number;
  readonly selectPolicy?: "Max" | "Min" | "Disabled";
  readonly policies?: readonly { readonly type: "Pods" | "Percent"; readonly value: number; readonly periodSeconds: number }[];
}

/** `spec.behavior` of an autoscaler. */
export interface ScalingBehavior {
  readonly scaleUp?: ScalingRules;
  readonly scaleDown?: ScalingRules;
}

/** What an autoscaler did and wished for lately; times in epoch milliseconds. */
export interface ScalingHistory {
  readonly recommendations: readonly { readonly at: number; readonly replicas: number }[];
  /** Changes made, as differences: positive up, negative down. */
  readonly changes: readonly { readonly at: number; readonly by: number }[];
}

/** A number of replicas that is wished for, and its bounds. */
export interface ScalingWish {
  readonly current: number;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
}

/** Reason and message of a condition. */
export interface Explanation {
  readonly reason: string;
  readonly message: string;
}

/** The number to scale to, and what held it back. */
export interface ScalingVerdict {
  readonly replicas: number;
  /** For `AbleToScale`: recent wishes held back this one. */
  readonly stabilized?: Explanation;
  /** For `ScalingLimited`. */
  readonly limit: Explanation & { readonly limited: boolean };
}

/** Seconds over which the highest wish counts before shrinking, where nothing else is said. */
const defaultDownWindow = 300;
/** Longest window and period an autoscaler may name. Seconds. */
const longest = 3600;

/** Decides how far to go now. Without a behavior an autoscaler doubles, or goes to four, at a time. */
export function limitScaling(
  wish: ScalingWish,
  behavior: ScalingBehavior | undefined,
  history: ScalingHistory,
  now: number,
): ScalingVerdict {
  const steady = stabilize(wish, behavior, history, now);
  const bounded = limit({ ...wish, desired: steady.replicas }, behavior, history, now);
  return { ...bounded, ...(steady.stabilized && { stabilized: steady.stabilized }) };
}

/** The history with a wish and what was made of it; what no rule can look back to is forgotten. */
export function remember(history: ScalingHistory, wish: ScalingWish, scaledTo: number, now: number): ScalingHistory {
  const recent = <T extends { readonly at: number }>(list: readonly T[]) => list.filter(({ at }) => at > now - longest * 1000);
  const by = scaledTo - wish.current;
  return {
    recommendations: [...recent(history.recommendations), { at: now, replicas: wish.desired }],
    changes: by === 0 ? recent(history.changes) : [...recent(history.changes), { at: now, by }],
  };
}

function stabilize(
  { current, desired }: ScalingWish,
  behavior: ScalingBehavior | undefined,
  { recommendations }: ScalingHistory,
  now: number,
): { replicas: number; stabilized?: Explanation } {
  const within = (seconds: number) => recommendations.filter(({ at }) => at > now - seconds * 1000).map((each) => each.replicas);
  const lowest = Math.min(desired, ...within(behavior?.scaleUp?.stabilizationWindowSeconds ?? 0));
  const highest = Math.max(desired, ...within(behavior?.scaleDown?.stabilizationWindowSeconds ?? defaultDownWindow));
  const replicas = Math.min(Math.max(current, lowest), highest);
  if (replicas === desired) return { replicas };
  const [reason, other, chosen] =
    desired >= current ? ["ScaleUpStabilized", "lower", "lowest"] : ["ScaleDownStabilized", "higher", "highest"];
  const message = `recent recommendations were ${other} than current one, applying the ${chosen} recent recommendation`;
  return { replicas, stabilized: { reason: reason as string, message } };
}

function limit(
  { current, desired, min, max }: ScalingWish,
  behavior: ScalingBehavior | undefined,
  history: ScalingHistory,
  now: number,
): ScalingVerdict {
  const within = { limited: false, reason: "DesiredWithinRange", message: "the desired count is within the acceptable range" };
  const held = (replicas: number, reason: string, message: string) => ({ replicas, limit: { limited: true, reason, message } });
  if (desired > current || desired > max) {
    const rate = behavior ? Math.max(current, fastestUp(current, behavior.scaleUp ?? {}, history, now)) : Math.max(2 * current, 4);
    const most = Math.min(max, rate);
    if (desired > most)
      return rate < max
        ? held(most, "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
        : held(most, "TooManyReplicas", "the desired replica count is more than the maximum replica count");
  } else if (desired < current || desired < min) {
    const rate = behavior ? Math.min(current, fastestDown(current, behavior.scaleDown ?? {}, history, now)) : 0;
    const least = Math.max(min, rate);
    if (desired < least)
      return rate > min
        ? held(least, "ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")
        : held(least, "TooFewReplicas", "the desired replica count is less than the minimum replica count");
  }
  return { replicas: desired, limit: within };
}

function fastestUp(current: number, { selectPolicy, policies = [] }: ScalingRules, history: ScalingHistory, now: number): number {
  if (selectPolicy === "Disabled") return current;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const start = current - changedWithin(history, periodSeconds, now);
    return type === "Pods" ? start + value : Math.ceil(start * (1 + value / 100));
  });
  if (proposals.length === 0) return Number.POSITIVE_INFINITY;
  return selectPolicy === "Min" ? Math.min(...proposals) : Math.max(...proposals);
}

/** The policy that changes most leaves the fewest replicas. */
function fastestDown(current: number, { selectPolicy, policies = [] }: ScalingRules, history: ScalingHistory, now: number): number {
  if (selectPolicy === "Disabled") return current;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const start = current - changedWithin(history, periodSeconds, now);
    return type === "Pods" ? start - value : Math.trunc(start * (1 - value / 100));
  });
  if (proposals.length === 0) return 0;
  return selectPolicy === "Min" ? Math.max(...proposals) : Math.min(...proposals);
}

function changedWithin({ changes }: ScalingHistory, seconds: number, now: number): number {
  return changes.filter(({ at }) => at > now - seconds * 1000).reduce((sum, { by }) => sum + by, 0);
}
