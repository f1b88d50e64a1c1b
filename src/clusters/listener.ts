// The cluster's HTTPS endpoint: HTTP/2 and HTTP/1.1 on one port, client certificates asked for.

import type { IncomingMessage, ServerResponse } from "node:http";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { ApiServer } from "../kubernetes/server/server.ts";
import type { KeyPair } from "./pki.ts";

/** A listening endpoint. */
export interface Listener {
  readonly port: number;
  /** Shows and asks for something else in connections made from now on. */
  become(identity: Identity): void;
  close(): Promise<void>;
}

/** What an endpoint shows of itself and accepts of its clients. */
export interface Identity {
  readonly certificate: KeyPair;
  /** PEM of the authority that issued the certificate. */
  readonly issuer: string;
  /** PEM of the authorities of client certificates; others are ignored, not refused: the request is then unauthenticated. */
  readonly clientCa: string;
}

/** Where to listen. `port` 0 picks a free one; a port in use is replaced by a free one, so that one stranger cannot keep a cluster down. */
export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly identity: Identity;
  /** Whether a peer may connect; asked at every connection and request. Others are cut off without a word. Default: all may. */
  readonly admits?: (remoteAddress: string | undefined) => boolean;
}

/** Starts listening for `server`. Rejects with the system's error. */
export async function listen(server: ApiServer, options: ListenerOptions): Promise<Listener> {
  const http = createSecureServer({
    allowHTTP1: true,
    ...secureContext(options.identity),
    requestCert: true,
    rejectUnauthorized: false,
  });
  const { admits = () => true } = options;
  http.on("request", (request, response) => {
    if (!admits(request.socket?.remoteAddress)) {
      request.socket?.destroy();
      return;
    }
    void server.handle(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  });
  http.on("upgrade", (request, socket, head) => server.upgrade(request, socket, head));
  const sockets = new Set<Socket>();
  http.on("connection", (socket: Socket) => {
    if (!admits(socket.remoteAddress)) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  http.on("sessionError", () => {});
  http.on("tlsClientError", () => {});
  await bind(http, options.host, options.port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE" || options.port === 0) throw error;
    return bind(http, options.host, 0);
  });
  return {
    become: (identity) => http.setSecureContext(secureContext(identity)),
    port: (http.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const secureContext = ({ certificate, issuer, clientCa }: Identity) => ({
  key: certificate.privateKey,
  cert: [certificate.certificate, issuer].join("\n"),
  ca: clientCa,
});

function bind(http: Http2SecureServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, () => {
      http.off("error", reject);
      resolve();
    });
  });
}
