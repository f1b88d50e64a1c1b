// The breadth of kubectl's commands and options, with three versions of it on the newest cluster that all of them are made for.
import { BREADTH } from "./breadth-steps.ts";
import { describeSteps } from "./run-steps.ts";

describeSteps("the breadth of kubectl", BREADTH, 34, 4);
