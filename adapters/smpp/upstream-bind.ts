// One bind to the upstream, kept alive: connection, bind, session, and another try after each end.

import type { Clock, Logger, Random } from '#core';
import { PDU_BYTES_MAX, SESSION_OUTBOUND_BYTES_FATAL, SESSION_OUTBOUND_BYTES_MAX } from '#core';
import type { BindKind, CloseReason, ConnectAttempt, PduView, SessionHandler } from '#smpp';
import { BindFields, PASSWORD_OCTETS, Session, Status, connectSmpp, statusName } from '#smpp';
import type { SmppTrunkOptions } from './options.js';

/** A bind that held this long was a good one: the next failure starts the back-off anew. */
const STABLE_MS = 10_000;
/** For the upstream to finish a PDU that it has begun. */
const READ_STALL_MS = 30_000;

const INTERFACE_VERSIONS = { '3.3': 0x33, '3.4': 0x34, '5.0': 0x50 } as const;

/** What a bind needs of its trunk. */
export interface BindOwner extends SessionHandler {
  bindUp(bind: UpstreamBind): void;
  /** Lost, refused or never connected; another try is due. `unanswered`: messages in flight, oldest first. */
  bindDown(bind: UpstreamBind, unanswered: readonly unknown[]): void;
}

export interface BindContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly secret: (name: string) => string | undefined;
}

type Phase = 'waiting' | 'connecting' | 'binding' | 'up' | 'stopping' | 'stopped';

export class UpstreamBind {
  readonly kind: BindKind;
  session: Session | undefined = undefined;
  /** Why it is not up, in words. */
  why = 'not opened yet';
  #phase: Phase = 'waiting';
  #options: SmppTrunkOptions;
  readonly #owner: BindOwner;
  readonly #context: BindContext;
  #attempt: ConnectAttempt | undefined = undefined;
  #attemptEndsMs = Infinity;
  #retryAtMs = 0;
  #backOffMs: number;
  #upSinceMs = 0;

  constructor(kind: BindKind, options: SmppTrunkOptions, owner: BindOwner, context: BindContext) {
    this.kind = kind;
    this.#options = options;
    this.#owner = owner;
    this.#context = context;
    this.#backOffMs = options.reconnectMinMs;
  }

  get isUp(): boolean {
    return this.#phase === 'up';
  }

  get isStopped(): boolean {
    return this.#phase === 'stopped';
  }

  /** Requests that it takes now. */
  get room(): number {
    return this.#phase === 'up' && this.session !== undefined ? this.session.windowFree : 0;
  }

  get carriesMessages(): boolean {
    return this.kind !== 'receiver';
  }

  reconfigure(options: SmppTrunkOptions): void {
    this.#options = options;
    this.session?.setWindowMax(options.window);
  }

  open(): void {
    if (this.#phase !== 'waiting') return;
    const password = this.#context.secret('password') ?? '';
    if (password.length >= PASSWORD_OCTETS) {
      this.#failed(`the password has more than ${PASSWORD_OCTETS - 1} characters, which SMPP cannot carry`, []);
      return;
    }
    this.#phase = 'connecting';
    this.#attemptEndsMs = this.#context.clock.monotonicMs() + this.#options.connectTimeoutMs;
    const { host, port, localAddress, tls } = this.#options;
    this.#attempt = connectSmpp(
      {
        host,
        port,
        localAddress,
        tls: tls && {
          ca: tls.ca,
          cert: tls.cert,
          key: this.#context.secret('tlsKey'),
          servername: tls.servername,
          isVerified: tls.verify,
        },
      },
      (error, stream) => {
        this.#attempt = undefined;
        this.#attemptEndsMs = Infinity;
        if (stream === undefined) this.#failed(`cannot connect: ${error?.message ?? 'no reason given'}`, []);
        else
          this.#startSession(
            new Session(stream, this.#sessionOptions(), this.#handler, this.#context.clock.monotonicMs()),
          );
      },
    );
  }

  tick(nowMs: number): void {
    this.session?.tick(nowMs);
    if (this.#phase === 'waiting' && nowMs >= this.#retryAtMs) this.open();
    else if (this.#phase === 'connecting' && nowMs >= this.#attemptEndsMs) {
      this.#attempt?.abort();
      this.#attempt = undefined;
      this.#attemptEndsMs = Infinity;
      this.#failed('cannot connect: no answer in time', []);
    }
  }

  /** Unbinds for good; what is unanswered has until the deadline. Resolves when nothing is left. */
  stop(deadlineMs: number): Promise<void> {
    this.#attempt?.abort();
    this.#attempt = undefined;
    if (this.session === undefined) {
      this.#phase = 'stopped';
      return Promise.resolve();
    }
    this.#phase = 'stopping';
    return this.session.unbind(deadlineMs);
  }

  #sessionOptions(): ConstructorParameters<typeof Session>[1] {
    const options = this.#options;
    return {
      role: 'esme',
      windowMax: options.window,
      peerWindowMax: options.peerWindow,
      responseTimeoutMs: options.responseTimeoutMs,
      enquireLinkMs: options.enquireLinkMs,
      enquireLinkTimeoutMs: options.enquireLinkTimeoutMs,
      initTimeoutMs: options.connectTimeoutMs,
      inactivityMs: 0,
      readStallMs: READ_STALL_MS,
      pduBytesMax: PDU_BYTES_MAX,
      outboundBytesMax: SESSION_OUTBOUND_BYTES_MAX,
      outboundBytesFatal: SESSION_OUTBOUND_BYTES_FATAL,
    };
  }

  #startSession(session: Session): void {
    this.session = session;
    session.user = this;
    this.#phase = 'binding';
    const fields = new BindFields();
    fields.systemId = this.#options.systemId;
    fields.password = this.#context.secret('password') ?? '';
    fields.systemType = this.#options.systemType;
    fields.interfaceVersion = INTERFACE_VERSIONS[this.#options.interfaceVersion];
    fields.addrTon = this.#options.addressTon;
    fields.addrNpi = this.#options.addressNpi;
    fields.addressRange = this.#options.addressRange;
    session.bind(this.kind, fields);
  }

  readonly #handler: SessionHandler = {
    request: (session, pdu) => this.#owner.request(session, pdu),
    response: (session, context, pdu) => this.#owner.response(session, context, pdu),
    expired: (session, context) => this.#owner.expired(session, context),
    writable: (session) => this.#owner.writable(session),
    bindAnswered: (session, pdu) => this.#bindAnswered(session, pdu),
    closed: (session, why, unanswered) => this.#sessionClosed(session, why, unanswered),
    fault: (_session, error) => {
      this.#context.log.error({ err: error, kind: this.kind }, 'upstream session ended by a fault of ours');
    },
  };

  #bindAnswered(session: Session, pdu: PduView): void {
    if (this.#phase === 'stopping') return;
    if (pdu.commandStatus !== Status.ESME_ROK || !session.isBound) {
      this.why = `bind refused: ${statusName(pdu.commandStatus)}`;
      session.close('bind-refused');
      return;
    }
    this.#phase = 'up';
    this.#upSinceMs = this.#context.clock.monotonicMs();
    this.why = '';
    this.#context.log.info({ kind: this.kind, peer: session.peer }, 'upstream bind up');
    this.#owner.bindUp(this);
  }

  #sessionClosed(session: Session, why: CloseReason, unanswered: readonly unknown[]): void {
    this.session = undefined;
    this.#owner.closed(session, why, unanswered);
    if (this.#phase === 'up' && this.#context.clock.monotonicMs() - this.#upSinceMs >= STABLE_MS) {
      this.#backOffMs = this.#options.reconnectMinMs;
    }
    this.#failed(why === 'bind-refused' ? this.why : `link ended: ${why}`, unanswered);
  }

  #failed(why: string, unanswered: readonly unknown[]): void {
    this.why = why;
    if (this.#phase === 'stopping' || this.#phase === 'stopped') {
      this.#phase = 'stopped';
    } else {
      this.#phase = 'waiting';
      // Half fixed, half chance: upstreams that come back must not meet all their ESMEs at once.
      const waitMs = this.#backOffMs * (0.5 + this.#context.random() / 2);
      this.#retryAtMs = this.#context.clock.monotonicMs() + waitMs;
      this.#backOffMs = Math.min(this.#backOffMs * 2, this.#options.reconnectMaxMs);
      this.#context.log.warn({ kind: this.kind, why, retryInMs: Math.round(waitMs) }, 'upstream bind down');
    }
    this.#owner.bindDown(this, unanswered);
  }
}
