// What the switch says about itself, as JSON lines.

export { createLogger, LOG_LEVELS, maskFields } from './pino-logger.js';
