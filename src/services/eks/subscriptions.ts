// EKS Anywhere subscriptions: terms, renewal and quantity of licences (spec eks-control-plane §18.2).
import type { EksAnywhereSubscription, EksAnywhereSubscriptionTerm } from "@aws-sdk/client-eks";
import { uuid } from "../../aws/ids.ts";
import type { Conditions, Operations, Sdk } from "../../aws/operation.ts";
import { type Place, subscriptionArn } from "./arn.ts";
import { checkTags } from "./checks.ts";
import { resourceTags, tagConditions } from "./cluster-conditions.ts";
import type { EksDeps } from "./deps.ts";
import { invalidParameter, invalidRequest, notFound } from "./errors.ts";
import { page } from "./page.ts";
import { tagOnCreate } from "./service-roles.ts";
import type { EksState } from "./state.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import type { SubscriptionRecord } from "./unmanaged-records.ts";

const DAY = 24 * 3600 * 1000;
/** A subscription that will not be renewed says so this long before its end. */
const EXPIRING = 60 * DAY;
const STATUSES = ["CREATING", "ACTIVE", "UPDATING", "EXPIRING", "EXPIRED", "DELETING"];

const subscriptionKey = (place: Place, id: string) => `${place.account}/${place.region}/${id}`;

/** `time` some months later, on the same day of the month or the last one there is. */
function addMonths(time: number, months: number): number {
  const from = new Date(time);
  const to = new Date(time);
  to.setUTCDate(1);
  to.setUTCMonth(from.getUTCMonth() + months);
  const last = new Date(Date.UTC(to.getUTCFullYear(), to.getUTCMonth() + 1, 0)).getUTCDate();
  to.setUTCDate(Math.min(from.getUTCDate(), last));
  return to.getTime();
}

/** How many terms of a subscription are over and renewed. */
function renewalsBy(record: SubscriptionRecord, now: number): number {
  let renewals = record.renewals;
  while (record.autoRenew && addMonths(record.createdAt, record.months * (renewals + 1)) <= now) renewals++;
  return renewals;
}

/** Beginning and end of the term a subscription is in; its last one once it has expired. */
function currentTerm(record: SubscriptionRecord, now: number): { readonly from: number; readonly to: number } {
  const renewals = renewalsBy(record, now);
  const { createdAt, months } = record;
  return { from: addMonths(createdAt, months * renewals), to: addMonths(createdAt, months * (renewals + 1)) };
}

function statusOf(record: SubscriptionRecord, now: number): string {
  const { to } = currentTerm(record, now);
  if (now >= to) return "EXPIRED";
  return !record.autoRenew && now >= to - EXPIRING ? "EXPIRING" : "ACTIVE";
}

function view(record: SubscriptionRecord, now: number, status = statusOf(record, now)): EksAnywhereSubscription {
  const { from, to } = currentTerm(record, now);
  return {
    id: record.id,
    arn: record.arn,
    createdAt: new Date(record.createdAt),
    effectiveDate: new Date(from),
    expirationDate: new Date(to),
    licenseQuantity: record.licenseQuantity,
    licenseType: "Cluster",
    term: { duration: record.months, unit: "MONTHS" },
    status,
    autoRenew: record.autoRenew,
    licenseArns: [],
    licenses: [],
    tags: { ...record.tags },
  };
}

function checkTerm(term: EksAnywhereSubscriptionTerm | undefined): number {
  const { duration, unit = "MONTHS" } = term ?? {};
  if (unit !== "MONTHS" || (duration !== 12 && duration !== 36)) {
    throw invalidParameter("The term is not valid: its duration must be 12 or 36 and its unit MONTHS");
  }
  return duration;
}

interface IdInput {
  readonly id?: string | undefined;
}

function requireSubscription(state: EksState, place: Place, { id = "" }: IdInput): Readonly<SubscriptionRecord> {
  const record = state.subscriptions.get(subscriptionKey(place, id));
  if (!record) throw notFound(`No subscription found for id: ${id}.`, { subscriptionId: id });
  return record;
}

const resource = ({ id }: IdInput, place: Place) => subscriptionArn(place, id ?? "");
const conditions = ({ id }: IdInput, place: Place, { state }: EksDeps): Conditions =>
  resourceTags(state.subscriptions.get(subscriptionKey(place, id ?? ""))?.tags);

export const subscriptions = {
  CreateEksAnywhereSubscription: {
    conditions: ({ tags }) => tagConditions(tags),
    requires: (input, call) => tagOnCreate(input.tags, subscriptionArn(call, "*")),
    run(input, call, { state, clock, random }) {
      const tags = checkTags(input.tags, {});
      const now = clock.now();
      // A colon is in no cluster's name.
      const clusterKey = `${call.account}/${call.region}/:subscriptions`;
      const use = { clusterKey, operation: "CreateEksAnywhereSubscription", token: input.clientRequestToken, input, now };
      const earlier = earlierResult(state, use);
      const known = earlier && state.subscriptions.get(subscriptionKey(call, earlier));
      if (known) return { subscription: view(known, now) };
      const name = input.name ?? "";
      if (state.subscriptions.list(`${call.account}/${call.region}/`).some((other) => other.name === name)) {
        throw invalidParameter(`A subscription with the name ${name} already exists`);
      }
      const months = checkTerm(input.term);
      const licenseQuantity = input.licenseQuantity ?? 1;
      if (!Number.isInteger(licenseQuantity) || licenseQuantity < 1 || licenseQuantity > 100) {
        throw invalidParameter("licenseQuantity must be between 1 and 100");
      }
      const id = uuid(random);
      const record = { id, arn: subscriptionArn(call, id), name, createdAt: now, months, renewals: 0, licenseQuantity, tags };
      const made = { ...record, autoRenew: input.autoRenew ?? false };
      state.store.transact(() => {
        state.subscriptions.put(subscriptionKey(call, id), made);
        rememberResult(state, use, id);
      });
      return { subscription: view(made, now, "CREATING") };
    },
  },

  DescribeEksAnywhereSubscription: {
    resource,
    conditions,
    run: (input, call, { state, clock }) => ({ subscription: view(requireSubscription(state, call, input), clock.now()) }),
  },

  ListEksAnywhereSubscriptions: {
    run(input, call, { state, clock }) {
      const wanted = input.includeStatus?.length ? input.includeStatus : STATUSES.filter((status) => status !== "EXPIRED");
      const unknown = wanted.find((status) => !STATUSES.includes(status));
      if (unknown) throw invalidParameter(`The value ${unknown} of includeStatus is not valid`);
      const now = clock.now();
      const found = state.subscriptions
        .list(`${call.account}/${call.region}/`)
        .filter((record) => (wanted as string[]).includes(statusOf(record, now)))
        .map((record) => view(record, now));
      const binding = ["ListEksAnywhereSubscriptions", call.account, call.region, wanted];
      const cut = page(found, { maxResults: input.maxResults ?? 10, nextToken: input.nextToken }, binding, ({ id }) => id ?? "");
      return { subscriptions: cut.page, nextToken: cut.nextToken };
    },
  },

  UpdateEksAnywhereSubscription: {
    resource,
    conditions,
    run(input, call, { state, clock }) {
      const record = requireSubscription(state, call, input);
      const now = clock.now();
      if (statusOf(record, now) === "EXPIRED") throw invalidRequest(`Subscription ${record.id} has expired`, { subscriptionId: record.id });
      const changed = { ...record, autoRenew: input.autoRenew ?? false, renewals: renewalsBy(record, now) };
      return { subscription: view(state.subscriptions.put(subscriptionKey(call, record.id), changed), now) };
    },
  },

  DeleteEksAnywhereSubscription: {
    resource,
    conditions,
    run(input, call, { state, clock }) {
      const record = requireSubscription(state, call, input);
      const now = clock.now();
      if (statusOf(record, now) !== "EXPIRED") {
        throw invalidRequest(`Subscription ${record.id} is active and can only be deleted once it has expired`, {
          subscriptionId: record.id,
        });
      }
      state.subscriptions.delete(subscriptionKey(call, record.id));
      return { subscription: view(record, now, "DELETING") };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
