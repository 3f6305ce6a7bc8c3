// `matrioska send`: a small ESME. Binds, submits one text, prints the ids, and waits for the receipts.

import {
  classifySource,
  E164_DIGITS_MAX,
  isFinalState,
  MessageState,
  Npi,
  parseE164,
  PDU_BYTES_MAX,
  SESSION_OUTBOUND_BYTES_FATAL,
  SESSION_OUTBOUND_BYTES_MAX,
  systemClock,
  Ton,
} from '#core';
import {
  BindFields,
  chooseEncoding,
  Command,
  connectSmpp,
  decodeDeliverSm,
  decodeMessageIdResp,
  encodeMessageBody,
  messageBodyBytesMax,
  MessageFields,
  messageStateOf,
  parseReceiptText,
  Session,
  Status,
  statusName,
} from '#smpp';
import type { CloseReason, EncodedText, MessageInput, PduView, SessionHandler } from '#smpp';
import { usage, wholeNumber } from './arguments.js';
import type { CliCommand, CliContext } from './command.js';

const RESPONSE_MS = 10_000;
const TICK_MS = 100;

export const sendCommand: CliCommand = {
  name: 'send',
  takes: '--to NUMBER --from SENDER --text TEXT --system-id ID --password PASSWORD',
  help: 'send one text over SMPP, print its id, and wait for its receipt',
  options: {
    to: { type: 'string', help: 'NUMBER, country code first' },
    from: { type: 'string', help: 'a number, short code or name that the account may use' },
    text: { type: 'string', help: 'TEXT of any length; long ones go in parts' },
    'system-id': { type: 'string', help: 'of the account (or MATRIOSKA_SEND_SYSTEM_ID)' },
    password: { type: 'string', help: 'of the account (or MATRIOSKA_SEND_PASSWORD, which others cannot see)' },
    host: { type: 'string', help: 'default: the first SMPP listener of the settings' },
    port: { type: 'string', help: 'default: the same' },
    wait: { type: 'string', help: 'SECONDS to wait for the receipt (default 30; 0: do not ask for one)' },
  },
  wordsMax: 0,
  async run(context) {
    const order = readOrder(context);
    const sent = await new Sender(order, context).send();
    context.show(sent, () => (sent.failure === undefined ? '' : sent.failure));
    return sent.failure === undefined ? undefined : 1;
  },
};

interface Order {
  readonly host: string;
  readonly port: number;
  readonly systemId: string;
  readonly password: string;
  readonly destination: string;
  readonly source: string;
  readonly sourceTon: number;
  readonly encoded: EncodedText;
  readonly waitMs: number;
}

interface Sent {
  readonly messages: readonly { readonly id: string; readonly state: string }[];
  readonly failure?: string;
}

function readOrder({ args, environment, settings }: CliContext): Order {
  const needed = (name: string, variable?: string): string => {
    const text = args.text(name) ?? (variable === undefined ? undefined : environment[variable]);
    if (text === undefined || text === '') throw usage(`--${name} is missing`);
    return text;
  };
  const destination = parseE164(needed('to'));
  if (destination === undefined)
    throw usage(`--to must be a number of up to ${E164_DIGITS_MAX} digits, country code first`);
  const source = needed('from');
  const kind = classifySource(source, Ton.unknown);
  if (kind === undefined) throw usage('--from must be a number, a short code, or a name of up to 11 characters');
  const encoded = chooseEncoding(needed('text'), Math.floor(systemClock.wallMs()) & 0xff);
  if (encoded === undefined) throw usage('--text is too long: more than 255 parts');
  const tons = { e164: Ton.international, 'short-code': Ton.networkSpecific, alphanumeric: Ton.alphanumeric };
  const [host, port] = [args.text('host'), args.text('port')];
  const listener = host === undefined || port === undefined ? settings().smpp.listeners[0] : undefined;
  return {
    host: host ?? listener?.host ?? '127.0.0.1',
    port: port === undefined ? (listener?.port ?? 2775) : wholeNumber(port, 'port', 1, 65_535),
    systemId: needed('system-id', 'MATRIOSKA_SEND_SYSTEM_ID'),
    password: needed('password', 'MATRIOSKA_SEND_PASSWORD'),
    destination,
    source: kind === 'e164' ? (parseE164(source) ?? source) : source,
    sourceTon: tons[kind],
    encoded,
    waitMs: wholeNumber(args.text('wait') ?? '30', 'wait', 0, 86_400) * 1_000,
  };
}

class Sender implements SessionHandler {
  readonly #order: Order;
  readonly #context: CliContext;
  readonly #states = new Map<string, string>();
  readonly #fields = new MessageFields();
  #session: Session | undefined;
  #submitted = 0;
  #answered = 0;
  #failure: string | undefined;
  /** We are leaving: however the link ends then is no failure. */
  #isLeaving = false;
  #finish: () => void = () => undefined;

  constructor(order: Order, context: CliContext) {
    this.#order = order;
    this.#context = context;
  }

  async send(): Promise<Sent> {
    const startMs = systemClock.monotonicMs();
    const finished = new Promise<void>((resolve) => (this.#finish = resolve));
    const attempt = connectSmpp(this.#order, (error, stream) => {
      if (stream === undefined) {
        this.#fail(`cannot connect to ${this.#order.host}:${this.#order.port}: ${error?.message ?? ''}`);
        return;
      }
      this.#session = new Session(stream, sessionOptions, this, systemClock.monotonicMs());
      const fields = new BindFields();
      fields.systemId = this.#order.systemId;
      fields.password = this.#order.password;
      this.#session.bind('transceiver', fields);
    });
    const timer = setInterval(() => {
      const nowMs = systemClock.monotonicMs();
      this.#session?.tick(nowMs);
      if (nowMs - startMs < RESPONSE_MS + this.#order.waitMs) return;
      if (this.#session === undefined) this.#fail('no connection in time');
      else if (this.#answered < this.#submitted) this.#fail('no answer in time');
      else this.#say('no receipt yet; ask later with: matrioska trace ID');
      this.#finish();
    }, TICK_MS);
    await finished;
    this.#isLeaving = true;
    // A link that is up must not be cut: the answer to the last receipt still has to leave.
    if (this.#session === undefined) attempt.abort();
    if (this.#session !== undefined && this.#failure === undefined) {
      await this.#session.unbind(1_000);
    }
    this.#session?.destroy('shutdown');
    clearInterval(timer);
    const messages = [...this.#states].map(([id, state]) => ({ id, state }));
    return this.#failure === undefined ? { messages } : { messages, failure: this.#failure };
  }

  bindAnswered(session: Session, pdu: PduView): void {
    if (pdu.commandStatus !== Status.ESME_ROK) {
      this.#fail(`bind refused: ${statusName(pdu.commandStatus)}`);
      return;
    }
    const { encoded, destination, source, sourceTon, waitMs } = this.#order;
    for (const octets of encoded.octets) {
      const input: MessageInput = {
        source,
        sourceTon,
        sourceNpi: sourceTon === Ton.alphanumeric ? Npi.unknown : Npi.isdn,
        destination,
        destTon: Ton.international,
        destNpi: Npi.isdn,
        esmClass: encoded.esmClass,
        dataCoding: encoded.dataCoding,
        registeredDelivery: waitMs > 0 ? 1 : 0,
        shortMessage: octets,
      };
      const at = session.beginRequest(Command.submit_sm, messageBodyBytesMax(input), octets);
      if (at < 0) {
        this.#fail('the text has more parts than fit into one window');
        return;
      }
      session.end(encodeMessageBody(Command.submit_sm, input, session.out, at));
      this.#submitted++;
    }
  }

  response(_session: Session, _context: unknown, pdu: PduView): void {
    this.#answered++;
    if (pdu.commandStatus !== Status.ESME_ROK) {
      this.#fail(`refused: ${statusName(pdu.commandStatus)}`);
      return;
    }
    const id = decodeMessageIdResp(pdu);
    // A receipt may have come before.
    if (!this.#states.has(id)) this.#states.set(id, this.#order.waitMs > 0 ? 'waiting' : 'accepted');
    this.#say(`message ${id} accepted`);
    this.#finishWhenDone();
  }

  request(session: Session, pdu: PduView): void {
    const status = pdu.commandId === Command.deliver_sm ? decodeDeliverSm(pdu, this.#fields) : Status.ESME_RINVCMDID;
    session.respond((pdu.commandId | 0x80000000) >>> 0, status, pdu.sequenceNumber, '');
    if (status !== Status.ESME_ROK) return;
    const receipt = parseReceiptText(pdu.buffer, this.#fields.messageStart, this.#fields.messageEnd);
    if (receipt === undefined || receipt.id === '') return;
    const state = messageStateOf(receipt.stat);
    this.#say(`receipt for ${receipt.id}: ${receipt.stat}`);
    // Receipts of older messages come too, after a pause; only ours count here.
    const isOurs = this.#states.has(receipt.id) || this.#answered < this.#submitted;
    if (isOurs) this.#states.set(receipt.id, isFinalState(state) ? nameOf(state) : 'waiting');
    this.#finishWhenDone();
  }

  expired(): void {
    this.#fail('no answer in time');
  }

  closed(_session: Session, why: CloseReason): void {
    if (!this.#isLeaving) this.#fail(`the switch closed the session: ${why}`);
    this.#finish();
  }

  writable(): void {
    // One message needs no flow control.
  }

  #finishWhenDone(): void {
    if (this.#answered < this.#submitted) return;
    if (![...this.#states.values()].includes('waiting')) this.#finish();
  }

  #fail(why: string): void {
    this.#failure ??= why;
    this.#finish();
  }

  #say(text: string): void {
    if (!this.#context.args.flag('json')) this.#context.terminal.out(text);
  }
}

const nameOf = (state: number): string =>
  Object.entries(MessageState).find(([, value]) => value === state)?.[0] ?? 'unknown';

const sessionOptions = {
  role: 'esme' as const,
  windowMax: 255,
  peerWindowMax: 100,
  responseTimeoutMs: RESPONSE_MS,
  enquireLinkMs: 30_000,
  enquireLinkTimeoutMs: RESPONSE_MS,
  initTimeoutMs: RESPONSE_MS,
  inactivityMs: 0,
  readStallMs: RESPONSE_MS,
  pduBytesMax: PDU_BYTES_MAX,
  outboundBytesMax: SESSION_OUTBOUND_BYTES_MAX,
  outboundBytesFatal: SESSION_OUTBOUND_BYTES_FATAL,
};
