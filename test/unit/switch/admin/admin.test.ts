import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError, silentLogger } from '#core';
import { callAdmin, openAdminServer } from '../../../../switch/admin/index.js';
import type { AdminServer } from '../../../../switch/admin/index.js';
import { CommandRegistry } from '../../../../switch/command/index.js';
import { command } from '../../../../switch/command/registry.js';
import { Directory } from '../../../../switch/directory/index.js';

const commands = new CommandRegistry([
  command('echo', 'x.echo', z.unknown(), (context, input) =>
    Promise.resolve({ input, actor: context.actor, reason: context.reason }),
  ),
  command('slow', 'x.slow', z.unknown(), (context) => {
    context.progress('one');
    context.progress('two');
    return Promise.resolve(5n);
  }),
  command('refuse', 'x.refuse', z.unknown(), () =>
    Promise.reject(new AppError('MX1402', 'not so', { next: 'do this' })),
  ),
  command('crash', 'x.crash', z.unknown(), () => Promise.reject(new TypeError('oops'))),
  command('nothing', 'x.nothing', z.unknown(), () => Promise.resolve(undefined)),
]);

describe('the admin socket', () => {
  let folder: string;
  let path: string;
  let server: AdminServer | undefined;
  const open = async (): Promise<AdminServer> =>
    (server = await openAdminServer(path, { commands, directory: new Directory(), log: silentLogger }));
  const ask = (name: string, input: unknown = {}, progress?: (text: string) => void): Promise<unknown> =>
    callAdmin(path, {
      command: name,
      input,
      actor: 'ann',
      reason: 'why',
      ...(progress === undefined ? {} : { progress }),
    });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mx-admin-'));
    path = join(folder, 'admin.sock');
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  it('is for its owner alone', async () => {
    await open();
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('carries input, actor and reason, and answers the result', async () => {
    await open();
    assert.deepEqual(await ask('echo', { a: [1] }), { input: { a: [1] }, actor: 'ann', reason: 'why' });
    assert.equal(await ask('nothing'), null);
  });

  it('streams progress before the result, and bigints as text', async () => {
    await open();
    const heard: string[] = [];
    assert.equal(await ask('slow', {}, (text) => heard.push(text)), '5');
    assert.deepEqual(heard, ['one', 'two']);
  });

  it('hands an error back with its code and next step', async () => {
    await open();
    await assert.rejects(ask('refuse'), { code: 'MX1402', message: 'not so', next: 'do this' });
    await assert.rejects(ask('crash'), { code: 'MX1001', message: 'oops' });
    await assert.rejects(ask('unheard'), { code: 'MX1403' });
    assert.deepEqual(await ask('nothing'), null);
  });

  it('says MX1501 and what to do when no switch runs, also beside a dead socket', async () => {
    await assert.rejects(ask('echo'), { code: 'MX1501', next: /matrioska start/ });
    writeFileSync(path, '');
    await assert.rejects(ask('echo'), { code: 'MX1501' });
  });

  it('takes the place of a dead socket, but not of a living one', async () => {
    writeFileSync(path, '');
    const first = await open();
    await assert.rejects(openAdminServer(path, { commands, directory: new Directory(), log: silentLogger }), {
      code: 'MX1201',
    });
    assert.equal(await ask('nothing'), null);
    await first.close();
    await first.close();
  });

  it('says so when the switch dies during a command', async () => {
    const dying = createServer((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
        setTimeout(() => socket.destroy(), 20);
      }),
    );
    await new Promise<void>((resolve) => dying.listen(path, resolve));
    await assert.rejects(ask('echo'), { code: 'MX1501', message: /broke off/ });
    dying.close();
  });

  it('refuses what is no JSON, and paths that are no commands', async () => {
    await open();
    const raw = (method: string, url: string, body: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const asked = request({ socketPath: path, method, path: url }, (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve(text));
        });
        asked.on('error', reject);
        asked.end(body);
      });
    assert.match(await raw('POST', '/commands/echo', '{'), /MX1502/);
    assert.match(await raw('GET', '/commands/echo', ''), /MX1403/);
    assert.match(await raw('POST', '/commands/../etc', '{}'), /MX1403/);
    assert.match(await raw('POST', '/commands/echo', 'null'), /"(result|error)"/);
  });

  it('refuses a path that no unix socket can have', async () => {
    path = join(folder, 'x'.repeat(120));
    await assert.rejects(open(), { code: 'MX1202', next: /adminSocket/ });
  });
});
