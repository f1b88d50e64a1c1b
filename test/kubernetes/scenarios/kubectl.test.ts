// The long list of steps.
import { describeSteps } from "./run-steps.ts";
import { STEPS } from "./steps.ts";

describeSteps("kubectl scenarios", STEPS, 33);
