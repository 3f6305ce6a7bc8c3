// The admin socket, both ends.

export { callAdmin, type AdminCall } from './client.js';
export { openAdminServer, type AdminParts, type AdminServer } from './server.js';
