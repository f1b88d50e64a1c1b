// How a simulated container behaves, as annotations of its pod say.
//
//   simulate.atoll.dev/<container>: "exit=1, after=5s, times=3"
//
//   exit=<code>      ends with this code instead of running forever
//   after=<duration> how long it runs before it ends (default 0s); durations are 500ms, 5s, 2m, 1h
//   times=<n>        ends so only the first n times, then runs on: a crash loop that recovers
//   reason=<word>    termination reason, such as OOMKilled (default Completed for 0, Error otherwise)
//   ready=<duration> how long until it is ready, or `never` (default: at once)
//   image=missing    the image cannot be pulled: ErrImagePull, then ImagePullBackOff
//   cpu=<quantity>, memory=<quantity>  what it uses (usage.ts)
//   term=ignore      takes no notice of SIGTERM: is killed when the grace period ends
//
//   simulate.atoll.dev/<container>.logs: text `kubectl logs` prints, line by line
//   simulate.atoll.dev/<container>.exec: what commands print (scripted-exec.ts)
//
// Without annotations containers run until they are stopped, except init containers and containers of pods owned by a Job, which end at once
// with code 0. Nothing really runs on a simulated node.
import type { KubeObject } from "../api/object.ts";
import { controllerOf } from "../runtime/owners.ts";

const prefix = "simulate.atoll.dev/";

/** What a container will do. Durations in milliseconds. */
export interface Behaviour {
  readonly exit?: { readonly code: number; readonly after: number; readonly times: number; readonly reason: string };
  readonly readyAfter: number | "never";
  readonly imageMissing: boolean;
  readonly ignoresTerm: boolean;
}

const runs: Behaviour = { readyAfter: 0, imageMissing: false, ignoresTerm: false };
const completes: Behaviour = { ...runs, exit: { code: 0, after: 0, times: Number.POSITIVE_INFINITY, reason: "Completed" } };

/** Reads the behaviour of one container. `init` is true for init containers that are not sidecars. Words it does not know are ignored. */
export function behaviourOf(pod: KubeObject, container: string, init: boolean): Behaviour {
  const words = annotationWords(pod, container);
  const ends = init || controllerOf(pod)?.kind === "Job";
  if (words.size === 0) return ends ? completes : runs;
  const ready = words.get("ready");
  const code = words.get("exit") ?? (init ? "0" : undefined);
  return {
    readyAfter: ready === "never" ? "never" : duration(ready),
    imageMissing: words.get("image") === "missing",
    ignoresTerm: words.get("term") === "ignore",
    ...(code !== undefined && /^\d{1,3}$/.test(code)
      ? {
          exit: {
            code: Number(code),
            after: duration(words.get("after")),
            times: Number(words.get("times")) || Number.POSITIVE_INFINITY,
            reason: words.get("reason") ?? (Number(code) === 0 ? "Completed" : "Error"),
          },
        }
      : {}),
  };
}

/** The words of a container's annotation with their values; empty without one. */
export function annotationWords(pod: KubeObject, container: string): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  const text = pod.metadata.annotations?.[prefix + container];
  for (const part of text ? text.split(",") : []) {
    const [name = "", value = ""] = part.split("=", 2);
    words.set(name.trim(), value.trim());
  }
  return words;
}

/** The log lines a pod's annotation scripts for a container, or undefined. */
export function scriptedLogs(pod: KubeObject, container: string): string[] | undefined {
  const text = pod.metadata.annotations?.[`${prefix}${container}.logs`];
  return text === undefined ? undefined : text.replace(/\n$/, "").split("\n");
}

/** Milliseconds in `500ms`, `5s`, `2m`, `1h`; 0 for anything else. */
export function duration(text: string | undefined): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text ?? "");
  return match ? Number(match[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] as "ms" | "s" | "m" | "h"] : 0;
}
