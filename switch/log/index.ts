// What the switch says about itself, as JSON lines.

export { createLogger, LOG_LEVELS, maskFields, type LogLevel } from './pino-logger.js';
