// What the switch answers over HTTP.

export { createHttpApp, openHttpServer, type HttpParts, type HttpServer, type Readiness } from './server.js';
