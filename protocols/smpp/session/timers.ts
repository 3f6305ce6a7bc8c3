// The session's timers (SMPP 3.4 §7.2) as a value: time comes in, at most one verdict comes out. No clock, no socket.

/** All in milliseconds; 0 switches a timer off. */
export interface TimerLimits {
  /** From connection to a finished bind. */
  readonly initTimeoutMs: number;
  /** From the first octet of a PDU to its last, and for the peer to take what we have written. */
  readonly readStallMs: number;
  /** Silence of a bound peer before we ask with enquire_link. */
  readonly enquireLinkMs: number;
  /** For the answer to our enquire_link. */
  readonly enquireLinkTimeoutMs: number;
  /** Without any request other than enquire_link, either way. */
  readonly inactivityMs: number;
}

export type TimerVerdict =
  | 'none'
  | 'enquire'
  | 'init-timeout'
  | 'read-stall'
  | 'write-stall'
  | 'enquire-unanswered'
  | 'inactive'
  | 'drain-over'
  | 'unbind-unanswered'
  | 'linger-over';

/** For the unbind_resp: the peer has nothing else left to do. */
const UNBIND_TIMEOUT_MS = 5_000;
/** For a socket to close after we have ended our side. */
const LINGER_MS = 2_000;

const NEVER = Infinity;
const after = (nowMs: number, limitMs: number): number => (limitMs > 0 ? nowMs + limitMs : NEVER);

/** Deadlines of one session; NEVER where a timer does not run. */
export class SessionTimers {
  readonly #limits: TimerLimits;
  #initAtMs: number;
  #readStallAtMs = NEVER;
  #writeStallAtMs = NEVER;
  #enquireAtMs = NEVER;
  #enquireAnswerAtMs = NEVER;
  #inactiveAtMs = NEVER;
  #drainAtMs = NEVER;
  #unbindAnswerAtMs = NEVER;
  #lingerAtMs = NEVER;
  #pausedAtMs = NEVER;

  constructor(limits: TimerLimits, nowMs: number) {
    this.#limits = limits;
    this.#initAtMs = after(nowMs, limits.initTimeoutMs);
  }

  /** The peer has done its part and waits for our verdict on its bind: its time stands still. */
  holdInit(): void {
    this.#initAtMs = NEVER;
  }

  restartInit(nowMs: number): void {
    this.#initAtMs = after(nowMs, this.#limits.initTimeoutMs);
  }

  bound(nowMs: number): void {
    this.#initAtMs = NEVER;
    this.#enquireAtMs = after(nowMs, this.#limits.enquireLinkMs);
    this.#inactiveAtMs = after(nowMs, this.#limits.inactivityMs);
  }

  /** Octets came. `partial`: a PDU has begun and not ended; `completed`: at least one ended. */
  received(nowMs: number, partial: boolean, completed: boolean): void {
    if (this.#enquireAtMs !== NEVER) this.#enquireAtMs = after(nowMs, this.#limits.enquireLinkMs);
    if (!partial) this.#readStallAtMs = NEVER;
    else if (completed || this.#readStallAtMs === NEVER) {
      this.#readStallAtMs = after(nowMs, this.#limits.readStallMs);
    }
  }

  /** A request other than enquire_link went either way. */
  worked(nowMs: number): void {
    if (this.#inactiveAtMs !== NEVER) this.#inactiveAtMs = after(nowMs, this.#limits.inactivityMs);
  }

  enquired(nowMs: number): void {
    this.#enquireAtMs = NEVER;
    this.#enquireAnswerAtMs = after(nowMs, this.#limits.enquireLinkTimeoutMs);
  }

  enquireAnswered(nowMs: number): void {
    this.#enquireAnswerAtMs = NEVER;
    this.#enquireAtMs = after(nowMs, this.#limits.enquireLinkMs);
  }

  /** The peer took some of what we wrote, or all of it. */
  wrote(nowMs: number, stillFull: boolean): void {
    this.#writeStallAtMs = stillFull ? after(nowMs, this.#limits.readStallMs) : NEVER;
  }

  /** Unsent octets passed the limit; the peer has readStallMs to take some. */
  outboundFull(nowMs: number): void {
    if (this.#writeStallAtMs === NEVER) this.#writeStallAtMs = after(nowMs, this.#limits.readStallMs);
  }

  /** While we do not read, the peer cannot be blamed for what we do not see. */
  pause(nowMs: number): void {
    if (this.#pausedAtMs === NEVER) this.#pausedAtMs = nowMs;
  }

  resume(nowMs: number): void {
    if (this.#pausedAtMs === NEVER) return;
    const pausedMs = nowMs - this.#pausedAtMs;
    this.#pausedAtMs = NEVER;
    this.#readStallAtMs += pausedMs;
    this.#enquireAtMs += pausedMs;
    this.#enquireAnswerAtMs += pausedMs;
    this.#inactiveAtMs += pausedMs;
  }

  drain(nowMs: number, limitMs: number): void {
    this.#drainAtMs = nowMs + limitMs;
  }

  unbindSent(nowMs: number): void {
    this.#drainAtMs = NEVER;
    this.#enquireAtMs = NEVER;
    this.#enquireAnswerAtMs = NEVER;
    this.#inactiveAtMs = NEVER;
    this.#unbindAnswerAtMs = nowMs + UNBIND_TIMEOUT_MS;
  }

  /** Our side is ended: only the wait for the peer's end is left. */
  ended(nowMs: number): void {
    this.#initAtMs = this.#readStallAtMs = this.#writeStallAtMs = NEVER;
    this.#enquireAtMs = this.#enquireAnswerAtMs = this.#inactiveAtMs = NEVER;
    this.#drainAtMs = this.#unbindAnswerAtMs = NEVER;
    this.#lingerAtMs = nowMs + LINGER_MS;
  }

  /** What is due, worst first. */
  verdict(nowMs: number): TimerVerdict {
    if (nowMs >= this.#lingerAtMs) return 'linger-over';
    if (nowMs >= this.#initAtMs) return 'init-timeout';
    if (nowMs >= this.#writeStallAtMs) return 'write-stall';
    if (nowMs >= this.#unbindAnswerAtMs) return 'unbind-unanswered';
    if (nowMs >= this.#drainAtMs) return 'drain-over';
    if (this.#pausedAtMs !== NEVER) return 'none';
    if (nowMs >= this.#readStallAtMs) return 'read-stall';
    if (nowMs >= this.#enquireAnswerAtMs) return 'enquire-unanswered';
    if (nowMs >= this.#inactiveAtMs) return 'inactive';
    return nowMs >= this.#enquireAtMs ? 'enquire' : 'none';
  }
}
