// The AWS side of Atoll behind one object: HTTP in, services attached, in-process calls, authorization.
import { loadModel, modelOf } from "../aws/models/index.ts";
import type { Invoke, Service } from "../aws/operation.ts";
import type { AccessExplainer, Authorizer } from "../services/ports.ts";
import { AuthorizationMessages } from "./authorization-message.ts";
import { GatewayAuthorizer } from "./authorizer.ts";
import type { Context, GatewayOptions } from "./exchange.ts";
import { createInvoke } from "./invoke.ts";
import { awsHandler, type HttpHandler } from "./server.ts";

/** What {@link createGateway} returns. */
export interface Gateway {
  /** For `http.createServer` and `https.createServer`. */
  readonly handler: HttpHandler;
  readonly invoke: Invoke;
  /** Ends the calls inside the process: those under way are answered, later ones refused. */
  close(): Promise<void>;
  readonly authorizer: Authorizer & AccessExplainer;
  /** Attaches a service. Throws if Atoll has no model of it or it is attached already. */
  serve(service: Service): void;
  /** Services attached, by name. */
  readonly services: ReadonlyMap<string, Service>;
  /** Other things under the same port, by path prefix (issuers' documents, health). They take precedence over AWS requests. */
  readonly routes: { add(prefix: string, handler: HttpHandler): void };
  /** Loads the schemas of all attached services and checks their operations against them; rejects if one does not exist. */
  ready(): Promise<void>;
  /** Details of an encoded authorization failure message, as JSON text; undefined if it is not one of this process. */
  decodeAuthorizationMessage(message: string): string | undefined;
}

/** Makes a gateway. Services are attached afterwards, because they are given `invoke` and `authorizer`. */
export function createGateway(options: GatewayOptions & { readonly endpoint?: () => string }): Gateway {
  const services = new Map<string, Service>();
  const messages = new AuthorizationMessages(options.random);
  const authorizer = new GatewayAuthorizer(options.directory, messages, options.log);
  const context: Context = { ...options, services, authorizer };
  const aws = awsHandler(context);
  const { invoke, close } = createInvoke(context, options.endpoint ?? (() => "http://localhost"));
  const others: { readonly prefix: string; readonly handler: HttpHandler }[] = [];
  return {
    handler(request, response) {
      const path = request.url ?? "/";
      const other = others.find(({ prefix }) => path.startsWith(prefix));
      (other?.handler ?? aws)(request, response);
    },
    invoke,
    close,
    authorizer,
    services,
    serve(service) {
      modelOf(service.name);
      if (services.has(service.name)) throw new Error(`the service ${service.name} is attached already`);
      services.set(service.name, service);
    },
    routes: {
      add(prefix, handler) {
        others.push({ prefix, handler });
        others.sort((a, b) => b.prefix.length - a.prefix.length);
      },
    },
    async ready() {
      await Promise.all([...services.values()].map(checkOperations));
    },
    decodeAuthorizationMessage: (message) => messages.decode(message),
  };
}

async function checkOperations({ name, operations }: Service): Promise<void> {
  const { shapes } = await loadModel(modelOf(name));
  const unknown = Object.keys(operations).filter((operation) => !shapes.operations.has(operation));
  if (unknown.length > 0) throw new Error(`${name} has no operation ${unknown.join(", ")}`);
}
