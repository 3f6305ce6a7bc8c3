import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../../switch/cli/main.js';

const pdu = (command: number, status: number, sequence: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(16 + body.length, 0);
  head.writeUInt32BE(command >>> 0, 4);
  head.writeUInt32BE(status, 8);
  head.writeUInt32BE(sequence, 12);
  return Buffer.concat([head, body]);
};

/** deliver_sm with a receipt for this id (SMPP 3.4 §4.6.1, appendix B). */
function receiptBody(id: string): Buffer {
  const text = Buffer.from(
    `id:${id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:`,
  );
  // service_type, source, destination; esm_class 4: a delivery receipt; then all zero up to sm_length.
  const head = Buffer.from('\0\x01\x01393331234567\0\x01\x0139023\0\x04\0\0\0\0\0\0\0\0', 'latin1');
  return Buffer.concat([head, Buffer.from([text.length]), text]);
}

/** A message centre that knows one conversation; `heard` lists the command ids it received. */
class TinyCentre {
  readonly heard: number[] = [];
  submitStatus = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => {
      let kept = Buffer.alloc(0);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        kept = Buffer.concat([kept, chunk]);
        while (kept.length >= 16 && kept.length >= kept.readUInt32BE(0)) {
          const [length, command, sequence] = [kept.readUInt32BE(0), kept.readUInt32BE(4), kept.readUInt32BE(12)];
          kept = kept.subarray(length);
          this.heard.push(command);
          if (command === 9) socket.write(pdu(0x80000009, 0, sequence, Buffer.from('mc\0')));
          if (command === 6) socket.end(pdu(0x80000006, 0, sequence, Buffer.alloc(0)));
          if (command === 4) {
            socket.write(
              pdu(
                0x80000004,
                this.submitStatus,
                sequence,
                this.submitStatus === 0 ? Buffer.from('77\0') : Buffer.alloc(0),
              ),
            );
            if (this.submitStatus === 0) socket.write(pdu(5, 0, 1, receiptBody('77')));
          }
        }
      });
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  close(): void {
    this.#server.close();
  }
}

describe('matrioska send', () => {
  let centre: TinyCentre;
  let port: number;
  let folder: string;
  beforeEach(async () => {
    centre = new TinyCentre();
    port = await centre.listen();
    folder = mkdtempSync(join(tmpdir(), 'mx-send-'));
  });
  afterEach(() => {
    centre.close();
    rmSync(folder, { recursive: true });
  });

  const send = async (...more: string[]): Promise<{ code: number; out: string; err: string }> => {
    const [out, err]: [string[], string[]] = [[], []];
    const terminal = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
    const base = ['send', '--host', '127.0.0.1', '--port', String(port), '--system-id', 'a', '--from', 'Acme'];
    const environment = { MATRIOSKA_SEND_PASSWORD: 'secret' };
    const code = await runCli([...base, '--to', '393331234567', '--text', 'Hello', ...more], terminal, environment);
    return { code, out: out.join('\n'), err: err.join('\n') };
  };

  it('prints id and receipt, and acknowledges the receipt before it unbinds', async () => {
    const run = await send('--json');
    assert.equal(run.code, 0, run.err);
    assert.deepEqual(JSON.parse(run.out), { messages: [{ id: '77', state: 'delivered' }] });
    assert.deepEqual(centre.heard, [9, 4, 0x80000005, 6]);
  });

  it('names the status of a refusal, with exit code 1', async () => {
    centre.submitStatus = 0x0a;
    const run = await send();
    assert.equal(run.code, 1);
    assert.match(run.out, /refused: ESME_RINVSRCADR/);
  });

  it('says at once when nobody listens', async () => {
    centre.close();
    const run = await send('--port', '1');
    assert.equal(run.code, 1);
    assert.match(run.out, /cannot connect to 127\.0\.0\.1:1: /);
  });

  it('refuses addresses that SMPP cannot carry before it connects', async () => {
    assert.equal((await send('--to', 'nobody')).code, 2);
    assert.equal((await send('--from', 'much too long a name')).code, 2);
    assert.deepEqual(centre.heard, []);
  });
});
