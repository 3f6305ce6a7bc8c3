// The admin socket, both ends.

export { callAdmin } from './client.js';
export { openAdminServer, type AdminServer } from './server.js';
