// exec and attach over a WebSocket: channels stdin 0, stdout 1, stderr 2, error 3, resize 4.
import type { WebSocket } from "ws";
import { internalError } from "../../api/status.ts";
import type { CommandRequest, RunCommand } from "../back-end.ts";
import { runSession } from "../command/session.ts";
import { openChannels } from "./channels.ts";

/** Subprotocols, the server's favourite first. With v5 a client can close stdin. */
export const commandSubprotocols: readonly string[] = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

const resizeChannel = 4;

/** Serves one command; resolves when the socket is over. */
export async function commandOverWebSocket(socket: WebSocket, request: CommandRequest, run: RunCommand): Promise<void> {
  const canClose = socket.protocol === "v5.channel.k8s.io";
  const { list, closed } = openChannels(socket, resizeChannel + 1, (channel) => channel === 0 || channel === resizeChannel, canClose);
  const [stdin, stdout, stderr, error, resize] = list;
  const gone = new AbortController();
  const over = closed.then(() => gone.abort());
  // An empty message tells the client that the connection stands, as Kubernetes does.
  socket.send(Buffer.from([request.stdout ? 1 : request.stderr ? 2 : 3]), { binary: true });
  const session = runSession(
    request,
    run,
    {
      error: error!,
      ...(request.stdin && { stdin: stdin! }),
      ...(request.stdout && { stdout: stdout! }),
      ...(request.stderr && { stderr: stderr! }),
      ...(request.tty && { resize: resize! }),
    },
    gone.signal,
  );
  await Promise.race([session, over]);
  socket.close(1000);
  await over;
}

/** Tells a client what its kubelet said instead of running the command, as a Status like that of an end. */
export async function refuseOverWebSocket(socket: WebSocket, why: string): Promise<void> {
  const { closed } = openChannels(socket, 0, () => false, false);
  const { status } = internalError(`unable to upgrade connection: ${why}`);
  socket.send(Buffer.concat([Buffer.from([3]), Buffer.from(JSON.stringify(status))]), { binary: true });
  socket.close(1000);
  await closed;
}
