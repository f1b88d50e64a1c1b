// Trails deliver to S3, which Atoll does not have: there are none, and making one is not implemented.
import { AwsError } from "../../aws/errors.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import type { CloudTrailDeps } from "./lookup-events.ts";

export const trails = {
  DescribeTrails: { run: () => ({ trailList: [] }) },
  ListTrails: { run: () => ({ Trails: [] }) },
  GetTrail: { resource: ({ Name }, call) => trailArn(Name, call), run: ({ Name }, call) => unknownTrail(Name, call) },
  GetTrailStatus: { resource: ({ Name }, call) => trailArn(Name, call), run: ({ Name }, call) => unknownTrail(Name, call) },
  GetEventSelectors: {
    resource: ({ TrailName }, call) => trailArn(TrailName, call),
    run: ({ TrailName }, call) => unknownTrail(TrailName, call),
  },
} satisfies Operations<Sdk["cloudtrail"], CloudTrailDeps>;

/** Trails are named by name or by ARN. */
function trailArn(name: string | undefined, { partition, region, account }: Call): string {
  return name?.startsWith("arn:") ? name : `arn:${partition}:cloudtrail:${region}:${account}:trail/${name ?? "*"}`;
}

function unknownTrail(name: string | undefined, { account }: Call): never {
  throw new AwsError("TrailNotFoundException", `Unknown trail: ${name} for the user: ${account}`, {}, 400);
}
