// The scheduler, for those outside this folder.
export { defaultSchedulerName, type SchedulerOptions, startScheduler } from "./scheduler.ts";
