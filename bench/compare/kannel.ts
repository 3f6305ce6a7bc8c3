// Kannel as the relay of a run: smsbox takes HTTP, bearerbox speaks SMPP to the sink. With its spool store it keeps what
// it accepted over a crash; with none it is at its fastest. No receipts: its HTTP interface needs a request for each.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ended, start } from '../support/children.js';
import { sleepMs } from '../support/clock.js';
import type { BindSpec } from '../support/control.js';
import { freePort } from '../../test/support/ports.js';
import type { ChildProcess } from 'node:child_process';

const BEARERBOX = '/usr/sbin/bearerbox';
const SMSBOX = '/usr/sbin/smsbox';

const smsc = (port: number, trunk: number): string => `
group = smsc
smsc = smpp
smsc-id = trunk${trunk}
host = 127.0.0.1
port = ${port}
transceiver-mode = true
smsc-username = u
smsc-password = p
system-type = "VMA"
address-range = ""
interface-version = 34
max-pending-submits = 1000
enquire-link-interval = 30
`;

const configOf = (
  ports: { admin: number; box: number; http: number; smscs: readonly number[] },
  spool: string | undefined,
): string => `
group = core
admin-port = ${ports.admin}
admin-interface = 127.0.0.1
admin-password = x
status-password = y
smsbox-port = ${ports.box}
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
dlr-storage = internal
log-level = 3
${spool === undefined ? '' : `store-type = spool\nstore-location = "${spool}"\n`}${ports.smscs.map(smsc).join('')}
group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${ports.http}
sendsms-interface = 127.0.0.1
log-level = 3

group = sendsms-user
username = tester
password = foobar
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = yes
max-messages = 0
text = "none"
`;

/** `spool` keeps a file per message, `none` only memory. */
export type KannelStore = 'spool' | 'none';

export class Kannel {
  readonly #boxes: ChildProcess[] = [];
  httpPort = 0;

  static isInstalled(): boolean {
    return existsSync(BEARERBOX) && existsSync(SMSBOX);
  }

  get pids(): number[] {
    return this.#boxes.map((box) => box.pid ?? 0);
  }

  /** Resolves when both boxes run; the sink tells when the binds are up. */
  async start(folder: string, sinkPorts: readonly number[], store: KannelStore): Promise<void> {
    const spool = store === 'spool' ? join(folder, 'spool') : undefined;
    if (spool !== undefined) mkdirSync(spool, { recursive: true });
    const [admin, box, http] = await Promise.all([freePort(), freePort(), freePort()]);
    this.httpPort = http;
    const file = join(folder, 'kannel.conf');
    writeFileSync(file, configOf({ admin, box, http, smscs: sinkPorts }, spool));
    this.#boxes.push(start(BEARERBOX, ['-v', '4', file], { stdio: 'ignore', cwd: folder }));
    await sleepMs(2_000);
    this.#boxes.push(start(SMSBOX, ['-v', '4', file], { stdio: 'ignore', cwd: folder }));
    await sleepMs(1_500);
    for (const each of this.#boxes) if (each.exitCode !== null) throw new Error('Kannel did not start');
  }

  binds(connections: number): BindSpec[] {
    return Array.from({ length: connections }, () => ({
      port: this.httpPort,
      systemId: 'tester',
      password: 'foobar',
      source: 'BENCH',
      account: 0,
    }));
  }

  async stop(): Promise<void> {
    for (const box of [...this.#boxes].reverse()) {
      box.kill('SIGTERM');
      await ended(box, 6_000);
    }
  }
}
