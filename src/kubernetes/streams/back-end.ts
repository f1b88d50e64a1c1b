// What the API server asks of whatever runs containers: processes to talk to and ports to connect to. Simulated nodes, real containers and tests implement it.
import type { Duplex, Readable, Writable } from "node:stream";
import type { KubeObject } from "../api/object.ts";

/** What to run or attach to. The container exists in the pod and runs. */
export interface CommandRequest {
  readonly container: string;
  /** Program and arguments; empty for attach. */
  readonly command: readonly string[];
  /** Which streams the client wants. With `tty`, stderr goes to stdout. */
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Columns and rows of a terminal. */
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** The client's end of a process. Streams that were not asked for are absent. The process ends what it writes, or leaves that to the server. */
export interface CommandIo {
  /** Ends when the client closes its input. */
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** Calls back with every size the client's terminal takes. */
  onResize(listener: (size: TerminalSize) => void): void;
  /** Aborted when the client is gone. */
  readonly gone: AbortSignal;
}

/** Runs the command until it ends; resolves with its exit code, rejects when it could not be run. */
export type RunCommand = (io: CommandIo) => Promise<number>;

/** Connects to a port of a pod's loopback address. Rejects when nothing listens. */
export type ConnectPort = (port: number) => Promise<Duplex>;

/** Interactive streams. Each is prepared first, so that it can be refused with a StatusError before the client is accepted. */
export interface ContainerStreams {
  exec?(pod: KubeObject, request: CommandRequest): RunCommand | Promise<RunCommand>;
  attach?(pod: KubeObject, request: CommandRequest): RunCommand | Promise<RunCommand>;
  portForward?(pod: KubeObject): ConnectPort | Promise<ConnectPort>;
}
