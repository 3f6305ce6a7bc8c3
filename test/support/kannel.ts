// Kannel (bearerbox and smsbox) as an ESME that shares no code with ours: it binds to an SMPP server, takes messages by
// HTTP, and hands receipts and incoming messages to an HTTP sink of ours.

import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from '../peers.js';
import { freePorts } from './ports.js';
import { RunningProcess } from './processes.js';
import { makeTmpFolder, removeTmpFolder } from './tmp-folder.js';

/** A bind that Kannel makes to an SMPP server on the loopback address. */
export interface KannelLink {
  readonly port: number;
  readonly systemId: string;
  readonly password: string;
  /** 0x01: ids are hexadecimal in the response and decimal in the receipt; unset: the same string in both. */
  readonly messageIdType?: number;
  readonly windowMax?: number;
  /** TRX when true (the default), else one TX and one RX bind. */
  readonly isTransceiver?: boolean;
}

/** A receipt or submission report as Kannel told it. `type`: 1 delivered, 2 failed, 4 queued, 8 accepted, 16 refused. */
export interface KannelReport {
  readonly tag: string;
  readonly type: number;
  readonly answer: string;
}

export interface KannelIncoming {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

export interface KannelSend {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** Comes back in every report of the message; without it no reports are asked for. */
  readonly tag?: string;
  /** 0: GSM 7 bit, 2: UCS-2. */
  readonly coding?: 0 | 2;
}

/** The reports Kannel is asked for: delivered, failed, queued, accepted, refused. */
const ALL_REPORTS = 31;
const START_MS_MAX = 20_000;
const STOP_MS_MAX = 8_000;
const POLL_MS = 50;

interface Ports {
  readonly admin: number;
  readonly boxes: number;
  readonly send: number;
  readonly sink: number;
}

/** One running Kannel with its sink. Close it in any case. */
export class Kannel {
  readonly reports: KannelReport[] = [];
  readonly incoming: KannelIncoming[] = [];
  private readonly folder = makeTmpFolder('kannel');
  private readonly sink = createServer((request, response) => {
    this.keep(request);
    response.end();
  });
  private bearerbox: RunningProcess | undefined;
  private smsbox: RunningProcess | undefined;
  private ports: Ports | undefined;
  private bindCount = 1;

  /** Answers when both boxes run; `waitForBind` tells when the link is up. */
  static async start(link: KannelLink): Promise<Kannel> {
    const kannel = new Kannel();
    try {
      await kannel.open(link);
      return kannel;
    } catch (fault) {
      await kannel.close();
      throw fault;
    }
  }

  /** Waits until the SMPP link is bound. */
  async waitForBind(timeoutMs: number): Promise<void> {
    await this.until(timeoutMs, 'every SMPP bind is online', async () => {
      const online = (await this.status()).match(/\(online \d+s/g) ?? [];
      return online.length >= this.bindCount;
    });
  }

  /** Bearerbox's own status page, for assertions and failure messages. */
  async status(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.portsNow().admin}/status.txt?password=status`);
    return response.text();
  }

  /** Hands a message to Kannel by HTTP. 202: handed to the link or queued for it. */
  async send(message: KannelSend): Promise<{ status: number; body: string }> {
    const { send, sink } = this.portsNow();
    const query = new URLSearchParams({
      username: 'tester',
      password: 'tester',
      from: message.from,
      to: message.to,
      text: message.text,
      charset: 'UTF-8',
    });
    if (message.coding !== undefined) query.set('coding', String(message.coding));
    if (message.tag !== undefined) {
      query.set('dlr-mask', String(ALL_REPORTS));
      const tag = encodeURIComponent(message.tag);
      query.set('dlr-url', `http://127.0.0.1:${sink}/report?tag=${tag}&type=%d&answer=%A`);
    }
    const response = await fetch(`http://127.0.0.1:${send}/cgi-bin/sendsms?${query.toString()}`);
    return { status: response.status, body: await response.text() };
  }

  /** Waits for a report of one type about the message with this tag. */
  async waitForReport(tag: string, type: number, timeoutMs: number): Promise<KannelReport> {
    const find = (): KannelReport | undefined => this.reports.find((one) => one.tag === tag && one.type === type);
    await this.until(timeoutMs, `report ${type} for ${tag}`, () => Promise.resolve(find() !== undefined));
    return find()!;
  }

  async waitForIncoming(count: number, timeoutMs: number): Promise<void> {
    await this.until(timeoutMs, `${count} incoming`, () => Promise.resolve(this.incoming.length >= count));
  }

  /** Ends smsbox, then bearerbox, by pid. May be called twice. */
  async close(): Promise<void> {
    await this.smsbox?.stop('SIGTERM', STOP_MS_MAX);
    await this.bearerbox?.stop('SIGTERM', STOP_MS_MAX);
    this.sink.closeAllConnections();
    await new Promise((resolve) => this.sink.close(resolve));
    removeTmpFolder(this.folder);
  }

  private async open(link: KannelLink): Promise<void> {
    const [admin, boxes, send] = (await freePorts(3)) as [number, number, number];
    await new Promise<void>((resolve) => this.sink.listen(0, '127.0.0.1', resolve));
    this.ports = { admin, boxes, send, sink: (this.sink.address() as AddressInfo).port };
    this.bindCount = link.isTransceiver === false ? 2 : 1;
    const spool = join(this.folder, 'spool');
    mkdirSync(spool);
    const path = join(this.folder, 'kannel.conf');
    writeFileSync(path, configOf(link, this.ports, spool));
    this.bearerbox = new RunningProcess(programPath('bearerbox'), [path], { cwd: this.folder });
    // Unlike its status page, the port for boxes tells nothing to a stranger, so the log is asked.
    await this.bearerbox.waitForOutput(/Starting to poll port \d+|MAIN: Start-up done/, START_MS_MAX);
    this.smsbox = new RunningProcess(programPath('smsbox'), [path], { cwd: this.folder });
    await this.until(START_MS_MAX, 'smsbox is connected', async () => /smsbox:/.test(await this.status()));
  }

  private async until(timeoutMs: number, what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    for (;;) {
      if (await holds().catch(() => false)) return;
      if (performance.now() >= deadlineMs)
        throw new Error(`Kannel: not so within ${timeoutMs} ms: ${what}\n${this.log()}`);
      await delay(POLL_MS);
    }
  }

  private log(): string {
    const boxes = [this.bearerbox, this.smsbox];
    return boxes.map((box) => (box?.output ?? 'not started').split('\n').slice(-40).join('\n')).join('\n--\n');
  }

  private portsNow(): Ports {
    if (this.ports === undefined) throw new Error('Kannel is not started');
    return this.ports;
  }

  private keep(request: IncomingMessage): void {
    const url = new URL(request.url ?? '/', 'http://sink');
    const field = (name: string): string => url.searchParams.get(name) ?? '';
    if (url.pathname === '/report') {
      this.reports.push({ tag: field('tag'), type: Number(field('type')), answer: field('answer') });
    } else {
      this.incoming.push({ from: field('from'), to: field('to'), text: field('text') });
    }
  }
}

function programPath(program: string): string {
  const path = findProgram(program);
  if (path === undefined) throw new Error(`${program} is not installed`);
  return path;
}

function configOf(link: KannelLink, ports: Ports, spool: string): string {
  const groups =
    link.isTransceiver === false
      ? smscGroup(link, `port = ${link.port}\ntransceiver-mode = false`) +
        smscGroup(link, `receive-port = ${link.port}`)
      : smscGroup(link, `port = ${link.port}\ntransceiver-mode = true`);
  return `group = core
admin-port = ${ports.admin}
admin-interface = 127.0.0.1
admin-password = admin
status-password = status
smsbox-port = ${ports.boxes}
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
dlr-storage = internal
store-type = spool
store-location = "${spool}"

${groups}
group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${ports.send}
sendsms-interface = 127.0.0.1

group = sendsms-user
username = tester
password = tester
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = yes
max-messages = 0
get-url = "http://127.0.0.1:${ports.sink}/incoming?from=%p&to=%P&text=%b"
`;
}

/** One bind. Two of them under one id are one link: receipts on the one are matched with messages on the other. */
function smscGroup(link: KannelLink, bind: string): string {
  const idType = link.messageIdType === undefined ? '' : `msg-id-type = ${link.messageIdType}`;
  return `group = smsc
smsc = smpp
smsc-id = link
host = 127.0.0.1
${bind}
smsc-username = ${link.systemId}
smsc-password = ${link.password}
system-type = "VMA"
address-range = ""
interface-version = 34
max-pending-submits = ${link.windowMax ?? 100}
enquire-link-interval = 5
reconnect-delay = 1
${idType}

`;
}
