// A message centre's door on a loopback port over a message world, and bare ESMEs that speak octets.

import { scryptSync } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { silentLogger } from '#core';
import { Command } from '#smpp';
import { SmppServer } from '../../../../switch/smpp/server.js';
import { MessageWorld, type WorldOptions } from '../../../support/message-world.js';

export const PASSWORD = 'secret12';

/** A stored password at a cost that tests can afford. */
export function cheapHash(password: string): string {
  const salt = Buffer.from('0123456789abcdef');
  const key = scryptSync(password, salt, 32, { N: 16, r: 8, p: 1 });
  return `scrypt$16$8$1$${salt.toString('base64')}$${key.toString('base64')}`;
}

export interface Answer {
  readonly commandId: number;
  readonly status: number;
  readonly sequence: number;
  readonly body: Buffer;
}

export class BareEsme {
  readonly socket: Socket;
  readonly #got: Answer[] = [];
  readonly #waiting: ((answer: Answer | undefined) => void)[] = [];
  isEnded = false;
  #octets = Buffer.alloc(0);
  #sequence = 0;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (octets: Buffer) => this.#read(octets));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isEnded = true;
      for (const wake of this.#waiting.splice(0)) wake(undefined);
    });
  }

  #read(octets: Buffer): void {
    this.#octets = Buffer.concat([this.#octets, octets]);
    while (this.#octets.length >= 16 && this.#octets.length >= this.#octets.readUInt32BE(0)) {
      const length = this.#octets.readUInt32BE(0);
      const answer = {
        commandId: this.#octets.readUInt32BE(4),
        status: this.#octets.readUInt32BE(8),
        sequence: this.#octets.readUInt32BE(12),
        body: Buffer.from(this.#octets.subarray(16, length)),
      };
      this.#octets = this.#octets.subarray(length);
      const wake = this.#waiting.shift();
      if (wake === undefined) this.#got.push(answer);
      else wake(answer);
    }
  }

  send(commandId: number, body: Buffer | string = '', status = 0, sequence = ++this.#sequence): void {
    const octets = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
    const header = Buffer.alloc(16);
    header.writeUInt32BE(16 + octets.length, 0);
    header.writeUInt32BE(commandId, 4);
    header.writeUInt32BE(status, 8);
    header.writeUInt32BE(sequence, 12);
    this.socket.write(Buffer.concat([header, octets]));
  }

  /** The next PDU; undefined when the link ended. */
  next(): Promise<Answer | undefined> {
    const got = this.#got.shift();
    if (got !== undefined || this.isEnded) return Promise.resolve(got);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async ask(commandId: number, body: Buffer | string = ''): Promise<Answer> {
    this.send(commandId, body);
    const answer = await this.next();
    if (answer === undefined) throw new Error('the link ended');
    return answer;
  }

  /** Binds; answers the command_status. */
  async bind(kind: 'tx' | 'rx' | 'trx' = 'trx', password = PASSWORD, systemId = 'esme'): Promise<number> {
    const command = { tx: Command.bind_transmitter, rx: Command.bind_receiver, trx: Command.bind_transceiver }[kind];
    return (await this.ask(command, `${systemId}\0${password}\0\0\x34\0\0\0`)).status;
  }

  /** PDUs that are here and were not asked for. */
  get unread(): number {
    return this.#got.length;
  }
}

export class Door {
  readonly world: MessageWorld;
  readonly server: SmppServer;
  readonly #esmes: BareEsme[] = [];
  #port = 0;
  #turning: NodeJS.Timeout | undefined;
  /** While true nothing becomes durable. */
  isHeld = false;

  constructor(options: WorldOptions = {}) {
    this.world = new MessageWorld({ passwordHash: cheapHash(PASSWORD), ...options });
    this.server = new SmppServer(
      { flow: this.world.flow, directory: this.world.directory, log: silentLogger },
      {
        doors: [{ host: '127.0.0.1', port: 0 }],
        systemId: 'matrioska',
        connectionsMax: 100,
        initTimeoutMs: 5_000,
        enquireLinkMs: 30_000,
        enquireLinkTimeoutMs: 5_000,
        inactivityMs: 0,
        responseTimeoutMs: 10_000,
      },
    );
  }

  async open(): Promise<this> {
    const [door] = await this.server.listen();
    this.#port = door!.port;
    // The journal commits and the flow turns by themselves; time stands still.
    this.#turning = setInterval(() => (this.isHeld ? undefined : this.world.store.commitAll()), 2);
    return this;
  }

  async esme(): Promise<BareEsme> {
    const esme = new BareEsme(this.#port);
    this.#esmes.push(esme);
    await once(esme.socket, 'connect');
    return esme;
  }

  async bound(kind: 'tx' | 'rx' | 'trx' = 'trx'): Promise<BareEsme> {
    const esme = await this.esme();
    const status = await esme.bind(kind);
    if (status !== 0) throw new Error(`bind refused with ${status}`);
    return esme;
  }

  /** Applies a change to one provisioned thing. */
  change(kind: 'account' | 'tenant', id: string, over: object): void {
    const row = this.world.directory.row(kind, id)!;
    const body = JSON.stringify({ ...(JSON.parse(row.body) as object), ...over });
    this.world.directory.applyChange([{ ...row, version: row.version + 1, body }]);
  }

  async close(): Promise<void> {
    for (const esme of this.#esmes) esme.socket.destroy();
    await this.server.close(100);
    clearInterval(this.#turning);
  }
}

/** Waits until something holds; a test's own time-out bounds it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}
