// Log groups and their retention (CloudWatch Logs API Reference; spec audit §F.1).
import type { LogGroup } from "@aws-sdk/client-cloudwatch-logs";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import type { LogsDeps } from "./deps.ts";
import { groupExists, invalid, noResource, protectedGroup } from "./errors.ts";
import type { LogBook } from "./log-book.ts";
import { groupArn, groupNameOf, groupOfArn, groupResource, streamArn } from "./names.ts";
import { openToken, sealToken } from "./paging.ts";
import type { GroupRecord } from "./records.ts";

const RETENTION_DAYS = new Set([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]);

export const groups = {
  CreateLogGroup: {
    resource: groupResource,
    run({ logGroupName, kmsKeyId, tags = {}, logGroupClass, deletionProtectionEnabled }, call, { book }) {
      const name = logGroupName ?? "";
      if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name))
        throw invalid("Log group names must have 1 to 512 characters of a-z, A-Z, 0-9, _ - / . #");
      if (/^aws\//i.test(name)) throw invalid("Log groups starting with AWS/ are reserved for AWS.");
      if (kmsKeyId !== undefined) throw noKey();
      const key = book.groupKey(call, name);
      if (book.groups.has(key)) throw groupExists();
      book.groups.put(key, {
        name,
        createdAt: call.now,
        logGroupClass: logGroupClass ?? "STANDARD",
        deletionProtection: deletionProtectionEnabled ?? false,
        tags,
      });
      return {};
    },
  },

  DeleteLogGroup: {
    resource: groupResource,
    conditions: tagConditions,
    run({ logGroupName = "" }, call, { book }) {
      if (book.group(call, logGroupName).deletionProtection) throw protectedGroup();
      book.deleteGroup(call, logGroupName);
      return {};
    },
  },

  DescribeLogGroups: {
    resource: (_input, call) => streamArn(call, "", ""),
    run({ logGroupNamePrefix, logGroupNamePattern, limit = 50, nextToken, logGroupClass, logGroupIdentifiers }, call, { book }) {
      if (logGroupNamePrefix !== undefined && logGroupNamePattern !== undefined) {
        throw invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
      }
      const named = logGroupIdentifiers?.map((identifier) => groupOfArn(identifier) ?? identifier);
      const after = nextToken === undefined ? "" : String(openToken(nextToken, 1)[0]);
      const matching = book.groups
        .list(book.groupKey(call, logGroupNamePrefix ?? ""))
        .filter(({ name }) => name > after && (logGroupNamePattern === undefined || name.includes(logGroupNamePattern)))
        .filter(
          (group) => (logGroupClass === undefined || group.logGroupClass === logGroupClass) && (!named || named.includes(group.name)),
        );
      const page = matching.slice(0, limit);
      return {
        logGroups: page.map((group) => view(group, call, book)),
        ...(matching.length > limit && { nextToken: sealToken([page.at(-1)!.name]) }),
      };
    },
  },

  PutRetentionPolicy: {
    resource: groupResource,
    conditions: tagConditions,
    run({ logGroupName = "", retentionInDays = 0 }, call, { book }) {
      const group = book.group(call, logGroupName);
      if (!RETENTION_DAYS.has(retentionInDays)) {
        throw invalid(`${retentionInDays} is not a valid value for retentionInDays; it must be one of ${[...RETENTION_DAYS].join(", ")}.`);
      }
      book.groups.put(book.groupKey(call, logGroupName), { ...group, retentionInDays });
      return {};
    },
  },

  DeleteRetentionPolicy: {
    resource: groupResource,
    conditions: tagConditions,
    run({ logGroupName = "" }, call, { book }) {
      const { retentionInDays: _, ...group } = book.group(call, logGroupName);
      book.groups.put(book.groupKey(call, logGroupName), group);
      return {};
    },
  },

  PutLogGroupDeletionProtection: {
    resource: groupResource,
    conditions: tagConditions,
    run({ logGroupIdentifier, deletionProtectionEnabled = false }, call, { book }) {
      const name = groupNameOf({ logGroupIdentifier });
      book.groups.put(book.groupKey(call, name), { ...book.group(call, name), deletionProtection: deletionProtectionEnabled });
      return {};
    },
  },

  /** Atoll has no KMS: no key exists. */
  AssociateKmsKey: {
    resource: kmsResource,
    run(input, call, { book }) {
      book.group(call, kmsGroup(input));
      throw noKey();
    },
  },

  /** No group has a key, so there is nothing to take away. */
  DisassociateKmsKey: {
    resource: kmsResource,
    run(input, call, { book }) {
      book.group(call, kmsGroup(input));
      return {};
    },
  },
} satisfies Operations<Sdk["logs"], LogsDeps>;

const noKey = () => invalid("The specified KMS Key Id could not be found.");

interface KmsInput {
  readonly logGroupName?: string | undefined;
  readonly resourceIdentifier?: string | undefined;
}

function kmsGroup({ logGroupName, resourceIdentifier }: KmsInput): string {
  const group = logGroupName ?? (resourceIdentifier === undefined ? undefined : groupOfArn(resourceIdentifier));
  if (group === undefined) throw noResource();
  return group;
}

function kmsResource({ logGroupName, resourceIdentifier = "" }: KmsInput, call: Call): string {
  return streamArn(call, logGroupName ?? groupOfArn(resourceIdentifier) ?? "", "");
}

/** Tags of the group a request names, for aws:ResourceTag. */
export function tagConditions(
  { logGroupName, logGroupIdentifier }: { logGroupName?: string | undefined; logGroupIdentifier?: string | undefined },
  call: Call,
  { book }: LogsDeps,
): Record<string, string> {
  const name = logGroupName ?? (logGroupIdentifier === undefined ? "" : (groupOfArn(logGroupIdentifier) ?? logGroupIdentifier));
  const tags = book.groups.get(book.groupKey(call, name))?.tags ?? {};
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
}

function view(group: GroupRecord, call: Call, book: LogBook): LogGroup {
  const bytes = book.streamsOf(call, group.name).reduce((sum, { name }) => sum + book.facts(call, group.name, name).bytes, 0);
  const arn = groupArn(call, group.name);
  return {
    logGroupName: group.name,
    creationTime: group.createdAt,
    ...(group.retentionInDays !== undefined && { retentionInDays: group.retentionInDays }),
    metricFilterCount: 0,
    arn: `${arn}:*`,
    storedBytes: bytes,
    logGroupClass: group.logGroupClass,
    logGroupArn: arn,
    deletionProtectionEnabled: group.deletionProtection,
  };
}
