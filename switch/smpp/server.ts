// The message centre's door: listeners, binds and their limits, and the timers of every session.

import {
  PDU_BYTES_MAX,
  SESSION_OUTBOUND_BYTES_FATAL,
  SESSION_OUTBOUND_BYTES_MAX,
  UNBOUND_CONNECTIONS_MAX,
  type Logger,
} from '#core';
import {
  type BindFields,
  type BoundState,
  type CloseReason,
  Command,
  listenSmpp,
  Session,
  type SessionOptions,
  type SmppListener,
  Status,
  type TlsServerOptions,
} from '#smpp';
import type { Socket } from 'node:net';
import type { Account, Directory } from '../directory/index.js';
import type { MessageFlow } from '../message/flow.js';
import { EsmeLink } from './esme-link.js';
import { Lockout } from './lockout.js';
import { PasswordGate, type PasswordVerdict } from './password-gate.js';

export interface SmppDoor {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsServerOptions | undefined;
}

export interface SmppServerOptions {
  readonly doors: readonly SmppDoor[];
  /** What we call ourselves in bind responses (SMPP 3.4 §4.1.2), at most 15 characters. */
  readonly systemId: string;
  readonly connectionsMax: number;
  readonly initTimeoutMs: number;
  readonly enquireLinkMs: number;
  readonly enquireLinkTimeoutMs: number;
  readonly inactivityMs: number;
  readonly responseTimeoutMs: number;
}

export interface SmppServerParts {
  readonly flow: MessageFlow;
  readonly directory: Directory;
  readonly log: Logger;
}

/** interface_version that we speak: 3.4 (SMPP 3.4 §5.2.4). */
const INTERFACE_VERSION = 0x34;
/** sc_interface_version (SMPP 3.4 §5.3.2.25): tag, length 1, value. */
const SC_INTERFACE_VERSION = Buffer.from([0x02, 0x10, 0x00, 0x01, INTERFACE_VERSION]);
/** Above any account's own window, which is judged by the link. */
const PEER_WINDOW_MAX = 65_536;
const READ_STALL_MS = 10_000;
/** How long an ESME has to end its side when its account is disabled or the switch stops. */
const UNBIND_DEADLINE_MS = 2_000;

export class SmppServer {
  readonly flow: MessageFlow;
  readonly log: Logger;
  readonly counters = { connections: 0, binds: 0, bindsRefused: 0, lockedOut: 0, sessionsClosed: 0, tooManyUnbound: 0 };
  readonly #directory: Directory;
  readonly #options: SmppServerOptions;
  readonly #session: SessionOptions;
  readonly #gate = new PasswordGate();
  readonly #lockout = new Lockout();
  readonly #links = new Set<EsmeLink>();
  readonly #binds = new Map<Account, Set<EsmeLink>>();
  #listeners: SmppListener[] = [];
  #unbound = 0;
  #isClosing = false;

  constructor(parts: SmppServerParts, options: SmppServerOptions) {
    this.flow = parts.flow;
    this.log = parts.log;
    this.#directory = parts.directory;
    this.#options = options;
    this.#session = {
      role: 'mc',
      windowMax: 1,
      peerWindowMax: PEER_WINDOW_MAX,
      responseTimeoutMs: options.responseTimeoutMs,
      enquireLinkMs: options.enquireLinkMs,
      enquireLinkTimeoutMs: options.enquireLinkTimeoutMs,
      initTimeoutMs: options.initTimeoutMs,
      inactivityMs: options.inactivityMs,
      readStallMs: READ_STALL_MS,
      pduBytesMax: PDU_BYTES_MAX,
      outboundBytesMax: SESSION_OUTBOUND_BYTES_MAX,
      outboundBytesFatal: SESSION_OUTBOUND_BYTES_FATAL,
    };
  }

  get sessions(): number {
    return this.#links.size;
  }

  get boundSessions(): number {
    return this.#links.size - this.#unbound;
  }

  bindsOf(account: Account): number {
    return this.#binds.get(account)?.size ?? 0;
  }

  /** Opens every door; rejects with the system's error and the door when one may not be opened. */
  listen(): Promise<readonly { readonly host: string; readonly port: number; readonly isTls: boolean }[]> {
    let opened = Promise.resolve();
    for (const door of this.#options.doors) opened = opened.then(() => this.#open(door));
    return opened.then(() =>
      this.#listeners.map(({ address }, index) => ({
        host: address.address,
        port: address.port,
        isTls: this.#options.doors[index]?.tls !== undefined,
      })),
    );
  }

  #open({ host, port, tls }: SmppDoor): Promise<void> {
    const options = { host, port, tls, connectionsMax: this.#options.connectionsMax };
    return listenSmpp(options, (stream) => this.#connected(stream)).then((listener) => {
      this.#listeners.push(listener);
    });
  }

  #connected(stream: Socket): void {
    this.counters.connections++;
    if (this.#isClosing || this.#unbound >= UNBOUND_CONNECTIONS_MAX) {
      this.counters.tooManyUnbound++;
      stream.on('error', () => undefined);
      stream.destroy();
      return;
    }
    const link = new EsmeLink(this);
    link.session = new Session(stream, this.#session, link, this.flow.clock.monotonicMs());
    this.#links.add(link);
    this.#unbound++;
  }

  // ── binds ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A well-formed bind: checked in the order cheap before dear, and the password last. */
  bindAsked(link: EsmeLink, session: Session, commandId: number, sequence: number, bind: BindFields): void {
    const nowMs = this.flow.clock.monotonicMs();
    const address = addressOf(session.peer);
    if (this.#lockout.isLocked(address, bind.systemId, nowMs)) {
      this.counters.lockedOut++;
      this.bindAnswer(session, commandId, sequence, Status.ESME_RBINDFAIL);
      return;
    }
    const account = this.#directory.accountBySystemId(bind.systemId);
    const status = account === undefined ? Status.ESME_RINVSYSID : this.#admits(account, commandId, address);
    if (account === undefined || status !== Status.ESME_ROK) {
      this.#lockout.failed(address, bind.systemId, nowMs);
      this.#refuse(session, commandId, sequence, bind.systemId, status);
      return;
    }
    const { interfaceVersion } = bind;
    this.#gate.check(account, bind.password, (verdict) => {
      this.#judged(link, session, { account, commandId, sequence, interfaceVersion, address }, verdict);
    });
  }

  #admits(account: Account, commandId: number, address: string): number {
    if (!account.enabled || account.tenant.closedEffective) return Status.ESME_RBINDFAIL;
    if (!account.allowFrom.allows(address)) return Status.ESME_RBINDFAIL;
    return account.bindKinds.includes(BIND_KIND[commandId] ?? 'trx') ? Status.ESME_ROK : Status.ESME_RBINDFAIL;
  }

  #judged(link: EsmeLink, session: Session, asked: AskedBind, verdict: PasswordVerdict): void {
    if (session.state !== 'binding') return;
    const { account, commandId, sequence, address } = asked;
    if (verdict !== 'right') {
      if (verdict === 'wrong') this.#lockout.failed(address, account.systemId, this.flow.clock.monotonicMs());
      const status = verdict === 'wrong' ? Status.ESME_RINVPASWD : Status.ESME_RTHROTTLED;
      this.#refuse(session, commandId, sequence, account.systemId, status);
      return;
    }
    this.#lockout.succeeded(address, account.systemId);
    if (this.bindsOf(account) >= account.bindMax) {
      // SMPP 3.4 §5.1.3: ESME_RALYBND is the only status that says "you are in already".
      this.#refuse(session, commandId, sequence, account.systemId, Status.ESME_RALYBND);
      return;
    }
    this.#letIn(link, session, asked);
  }

  #letIn(link: EsmeLink, session: Session, asked: AskedBind): void {
    const { account, commandId, sequence } = asked;
    this.counters.binds++;
    this.#unbound--;
    const links = this.#binds.get(account) ?? new Set<EsmeLink>();
    this.#binds.set(account, links);
    links.add(link);
    session.setWindowMax(account.windowMax);
    const state: BoundState = `bound-${BIND_KIND[commandId] ?? 'trx'}`;
    session.bound(state, asked.interfaceVersion);
    this.bindAnswer(session, commandId, sequence, Status.ESME_ROK);
    link.attached(this.flow.desk(account), state);
    this.log.info({ systemId: account.systemId, peer: session.peer, state }, 'bound');
  }

  #refuse(session: Session, commandId: number, sequence: number, systemId: string, status: number): void {
    this.counters.bindsRefused++;
    this.log.warn({ systemId, peer: session.peer, commandStatus: status }, 'bind refused');
    this.bindAnswer(session, commandId, sequence, status);
  }

  bindAnswer(session: Session, commandId: number, sequence: number, status: number): void {
    const { systemId } = this.#options;
    const isOk = status === Status.ESME_ROK;
    const bytes = isOk ? systemId.length + 1 + SC_INTERFACE_VERSION.length : 0;
    let at = session.beginResponse((commandId | 0x80000000) >>> 0, status, sequence, bytes);
    if (at < 0) return;
    if (isOk) {
      at += session.out.write(systemId, at, 'latin1');
      session.out[at++] = 0;
      session.out.set(SC_INTERFACE_VERSION, at);
      at += SC_INTERFACE_VERSION.length;
    }
    session.end(at);
  }

  // ── life ────────────────────────────────────────────────────────────────────────────────────────────────────────

  linkClosed(link: EsmeLink, session: Session, why: CloseReason): void {
    this.counters.sessionsClosed++;
    this.#links.delete(link);
    const account = link.desk?.account;
    if (account === undefined) {
      this.#unbound--;
      return;
    }
    this.#binds.get(account)?.delete(link);
    this.log.info({ systemId: account.systemId, peer: session.peer, why }, 'session closed');
  }

  /** About every 100 ms: timers of all sessions; sessions of disabled accounts are unbound. */
  tick(nowMs: number): void {
    for (const link of this.#links) {
      const { session, desk } = link;
      if (session === undefined) continue;
      session.tick(nowMs);
      const mustGo = desk !== undefined && (!desk.account.enabled || desk.account.tenant.closedEffective);
      if (mustGo && session.isBound) void session.unbind(UNBIND_DEADLINE_MS);
    }
  }

  /** Nobody new comes in; sessions are unbound once what they are owed an answer for has it. */
  close(deadlineMs: number): Promise<void> {
    this.#isClosing = true;
    const doors = this.#listeners.map((listener) => listener.close());
    this.#listeners = [];
    const ticking = setInterval(() => this.tick(this.flow.clock.monotonicMs()), 50);
    const unbound: Promise<void>[] = [];
    for (const { session } of this.#links) if (session !== undefined) unbound.push(session.unbind(deadlineMs));
    return Promise.all(unbound)
      .finally(() => clearInterval(ticking))
      .then(() => Promise.all(doors))
      .then(() => undefined);
  }
}

interface AskedBind {
  readonly account: Account;
  readonly commandId: number;
  readonly sequence: number;
  readonly interfaceVersion: number;
  readonly address: string;
}

const BIND_KIND: Readonly<Record<number, 'tx' | 'rx' | 'trx'>> = {
  [Command.bind_transmitter]: 'tx',
  [Command.bind_receiver]: 'rx',
  [Command.bind_transceiver]: 'trx',
};

/** The address of `address:port` or `[address]:port`. */
function addressOf(peer: string): string {
  const address = peer.slice(0, peer.lastIndexOf(':'));
  return address.startsWith('[') ? address.slice(1, -1) : address;
}
