// What the switch answers over HTTP.

export { createHttpApp, openHttpServer, type HttpServer } from './server.js';
