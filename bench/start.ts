// Start of the process to its first answer, and its memory when idle; beside a process that only listens.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { AtollProcess } from "../test/support/process.ts";
import type { Figure } from "./figure.ts";

const BARE =
  'require("node:http").createServer((q, r) => r.end("ok")).listen(0, "127.0.0.1", function () { console.log(this.address().port); })';

export async function start(): Promise<Figure[]> {
  const bare = await bareStart();
  const atoll = new AtollProcess();
  try {
    const began = performance.now();
    const { endpoint, pid } = await atoll.start();
    await fetch(`${endpoint}/_atoll/health`);
    const took = performance.now() - began;
    const memory = residentMegabytes(pid);
    return [
      { name: "start to first answer", value: took, unit: "ms", ratio: took / bare.milliseconds, reference: "bare node:http process" },
      { name: "resident memory, idle", value: memory, unit: "MB", ratio: memory / bare.memory, reference: "bare node:http process" },
    ];
  } finally {
    await atoll.dispose();
  }
}

async function bareStart(): Promise<{ milliseconds: number; memory: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, ["-e", BARE], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  await fetch(`http://127.0.0.1:${Number(port)}/`);
  const milliseconds = performance.now() - began;
  const memory = residentMegabytes(child.pid ?? 0);
  child.kill();
  await once(child, "exit");
  return { milliseconds, memory };
}

function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes ?? 0) / 1024;
}
