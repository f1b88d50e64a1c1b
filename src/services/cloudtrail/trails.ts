// Trails deliver to S3, which Atoll does not have: there are none, and making one is not implemented.
import { AwsError } from "../../aws/errors.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import type { CloudTrailDeps } from "./lookup-events.ts";

export const trails = {
  DescribeTrails: { run: () => ({ trailList: [] }) },
  ListTrails: { run: () => ({ Trails: [] }) },
  GetTrail: { run: ({ Name }, call) => unknownTrail(Name, call) },
  GetTrailStatus: { run: ({ Name }, call) => unknownTrail(Name, call) },
  GetEventSelectors: { run: ({ TrailName }, call) => unknownTrail(TrailName, call) },
} satisfies Operations<Sdk["cloudtrail"], CloudTrailDeps>;

function unknownTrail(name: string | undefined, { account }: Call): never {
  throw new AwsError("TrailNotFoundException", `Unknown trail: ${name} for the user: ${account}`, {}, 400);
}
