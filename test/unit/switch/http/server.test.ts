import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createHttpApp, openHttpServer } from '../../../../switch/http/index.js';

const parts = (isReady: boolean) => ({
  readiness: () => ({ isReady, why: isReady ? 'ready' : 'the tables are being compiled' }),
  metrics: { contentType: 'text/plain; version=0.0.4', exposition: () => Promise.resolve('mx_up 1\n') },
  version: '1.2.3',
});

describe('the HTTP listener', () => {
  it('answers /health whether ready or not', async () => {
    const app = createHttpApp(parts(false));
    const reply = await app.inject('/health');
    assert.equal(reply.statusCode, 200);
    assert.deepEqual(reply.json(), { status: 'ok', version: '1.2.3' });
  });

  it('answers /ready 503 with the reason until it is', async () => {
    const notYet = await createHttpApp(parts(false)).inject('/ready');
    assert.equal(notYet.statusCode, 503);
    assert.deepEqual(notYet.json(), { ready: false, why: 'the tables are being compiled' });
    assert.equal((await createHttpApp(parts(true)).inject('/ready')).statusCode, 200);
  });

  it('serves metrics over a real socket and closes twice without harm', async () => {
    const server = await openHttpServer(parts(true), '127.0.0.1', 0);
    const reply = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    assert.equal(await reply.text(), 'mx_up 1\n');
    await server.close();
    await server.close();
  });

  it('rejects with the system error when the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    await assert.rejects(openHttpServer(parts(true), '127.0.0.1', port), { code: 'EADDRINUSE' });
    taken.close();
  });

  it('refuses a body it has no use for', async () => {
    const reply = await createHttpApp(parts(true)).inject({ method: 'POST', url: '/health', payload: 'x' });
    assert.equal(reply.statusCode, 404);
  });
});
