// A Unix socket that only its owner and the owner's group may use: stale files go, live ones stay (spec vpc-cni §3.12).
import { chmod, lstat, mkdir, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { dirname } from "node:path";

const MODE = 0o660;
const PRIVATE = 0o700;
const WRITABLE_BY_OTHERS = 0o002;
const STICKY = 0o1000;

/** A listener that can be closed; its file is gone then. */
export interface UnixListener {
  /** Accepts no more connections; those that are there are the acceptor's to end. */
  close(): Promise<void>;
}

/**
 * Listens on `path` with mode 0660. Makes its directory, for its owner alone, if it is missing. Rejects when somebody serves the path, when
 * the path is something else than a socket, and when others could put their own socket there.
 */
export async function listenOn(path: string, accept: (connection: Socket) => void): Promise<UnixListener> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: PRIVATE });
  await checkParent(dirname(directory));
  await checkDirectory(directory);
  await removeStale(path);
  const server = createServer((connection) => {
    // What a peer breaks off is its own affair; without a listener it would end the process.
    connection.on("error", () => {});
    accept(connection);
  });
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  await chmod(path, MODE);
  // libuv removes the file with the listener.
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function checkParent(directory: string): Promise<void> {
  const { mode } = await lstat(directory);
  if ((mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0) throw new Error(`everybody may write to ${directory}`);
}

async function checkDirectory(directory: string): Promise<void> {
  const found = await lstat(directory);
  if (!found.isDirectory()) throw new Error(`${directory} is not a directory`);
  if (found.uid !== process.getuid?.()) throw new Error(`${directory} belongs to another user`);
  if ((found.mode & WRITABLE_BY_OTHERS) !== 0) throw new Error(`everybody may write to ${directory}`);
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket()) throw new Error(`${path} is there and is not a socket`);
  if (await isServed(path)) throw new Error(`another process serves ${path}`);
  await rm(path, { force: true });
}

/** Whether somebody accepts connections. Rejects if that cannot be told. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const connection = connect(path);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
      else reject(error);
    });
  });
}
