// gRPC over connections that somebody else accepts. Loads the gRPC library: import it only where sockets are wanted.
import type { Duplex } from "node:stream";
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { RpcError } from "../rpc/messages.ts";
import { DEFINITIONS } from "./definitions.ts";
import type { Method, SocketServices } from "./services.ts";

const PACKAGE = fromJSON(DEFINITIONS, { defaults: true, enums: String });
const CODES = { FailedPrecondition: status.FAILED_PRECONDITION, Unknown: status.UNKNOWN, Unavailable: status.UNAVAILABLE };

/** A gRPC server without a listener of its own. */
export interface GrpcServer {
  /** Serves a connection until either side ends it. */
  serve(connection: Duplex): void;
  /** Ends every connection; calls under way get Unavailable or Cancelled. */
  close(): void;
}

/** Serves `services` and grpc.health.v1.Health. What a method throws becomes the call's status: that of an {@link RpcError}, otherwise Unknown. */
export function grpcServer({ services, health }: SocketServices): GrpcServer {
  const server = new Server();
  for (const [name, methods] of Object.entries(services)) {
    const calls = Object.entries(methods).map(([method, answer]) => [method, unary(answer)] as const);
    server.addService(definitionOf(name), Object.fromEntries(calls));
  }
  server.addService(definitionOf("grpc.health.v1.Health"), healthOf(health));
  const { injectConnection } = server.createConnectionInjector(ServerCredentials.createInsecure());
  return { serve: injectConnection, close: () => server.forceShutdown() };
}

function definitionOf(service: string): ServiceDefinition {
  const definition = PACKAGE[service];
  if (!definition) throw new Error(`no definition of the service ${service}`);
  return definition as ServiceDefinition;
}

function unary(answer: Method): handleUnaryCall<unknown, object> {
  return async ({ request }, done) => {
    try {
      done(null, await answer(request));
    } catch (error) {
      done(statusOf(error as Error));
    }
  };
}

/** What gRPC's Go server makes of a handler's error. */
function statusOf(error: Error): { code: status; details: string } {
  if (error instanceof RpcError) return { code: CODES[error.code], details: error.description };
  return { code: status.UNKNOWN, details: error.message };
}

/** As Go's health server: all that is known is SERVING, and so is the server as a whole. */
function healthOf(name: string): Record<string, UntypedHandleCall> {
  const isKnown = (service: string) => service === "" || service === name;
  return {
    Check: ({ request }: ServerUnaryCall<{ service: string }, object>, done: sendUnaryData<object>) =>
      isKnown(request.service) ? done(null, { status: "SERVING" }) : done({ code: status.NOT_FOUND, details: "unknown service" }),
    Watch: (call: ServerWritableStream<{ service: string }, object>) => {
      call.write({ status: isKnown(call.request.service) ? "SERVING" : "SERVICE_UNKNOWN" });
      call.on("cancelled", () => call.end());
    },
  };
}
