// What a session costs per submit_sm and its answer, over a TCP connection on the loopback address.
//
//   node --import tsx --conditions source bench/micro/smpp-session.ts [--seconds 5] [--window 1000] [--json]
//
// An ESME session in this process keeps its window full; a message centre session in another process answers each
// submit_sm with a message_id of 19 digits. CPU is user + system time of each process over the measured seconds.

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { PduView, SessionHandler, SessionOptions } from '#smpp';
import {
  BindFields,
  Command,
  MessageFields,
  Session,
  connectSmpp,
  decodeMessageIdResp,
  decodeSubmitSm,
  encodeMessageBody,
  isBindCommand,
  listenSmpp,
  messageBodyBytesMax,
  responseOf,
} from '#smpp';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    window: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
    centre: { type: 'boolean', default: false },
  },
});
const windowMax = Number(values.window);

const options: SessionOptions = {
  role: 'esme',
  windowMax,
  peerWindowMax: windowMax,
  responseTimeoutMs: 30_000,
  enquireLinkMs: 30_000,
  enquireLinkTimeoutMs: 10_000,
  initTimeoutMs: 10_000,
  inactivityMs: 0,
  readStallMs: 30_000,
  pduBytesMax: 66_560,
  outboundBytesMax: 262_144,
  outboundBytesFatal: 4_194_304,
};
const ignore = (): void => undefined;

/** The other process: decodes every submit_sm and answers it. */
async function runCentre(): Promise<void> {
  const fields = new MessageFields();
  let lastId = 1_234_567_890_123;
  const handler: SessionHandler = {
    request: (session, pdu) => {
      if (isBindCommand(pdu.commandId)) {
        session.bound('bound-trx', 0x34);
        session.respond(responseOf(pdu.commandId), 0, pdu.sequenceNumber, 'mc');
        return;
      }
      const status = decodeSubmitSm(pdu, fields);
      session.respond(Command.submit_sm_resp, status, pdu.sequenceNumber, `${++lastId}000001`);
    },
    response: ignore,
    expired: ignore,
    closed: () => process.exit(0),
    writable: ignore,
  };
  const listener = await listenSmpp({ host: '127.0.0.1', port: 0, connectionsMax: 1 }, (stream) => {
    const session = new Session(stream, { ...options, role: 'mc' }, handler, performance.now());
    setInterval(() => session.tick(performance.now()), 100).unref();
  });
  process.on('message', () => process.send?.(process.cpuUsage()));
  process.send?.({ port: listener.address.port });
}

const nextMessage = <T>(child: ChildProcess): Promise<T> => new Promise((resolve) => child.once('message', resolve));

interface Cpu {
  user: number;
  system: number;
}

async function cpuOf(child: ChildProcess): Promise<Cpu> {
  child.send('cpu');
  return nextMessage<Cpu>(child);
}

const microsBetween = (from: Cpu, to: Cpu): number => to.user - from.user + to.system - from.system;

/** This process: keeps the window full and reads each message_id. */
class Generator implements SessionHandler {
  answers = 0;
  idChars = 0;
  isUp = false;
  readonly #body: Buffer;

  constructor() {
    const input = {
      source: 'ACME',
      sourceTon: 5,
      destination: '255712345678',
      destTon: 1,
      destNpi: 1,
      registeredDelivery: 1,
      shortMessage: Buffer.from('Your order 4711 has left our house and reaches you tomorrow.'),
    };
    const out = Buffer.alloc(messageBodyBytesMax(input));
    this.#body = out.subarray(0, encodeMessageBody(Command.submit_sm, input, out, 0));
  }

  fill(session: Session): void {
    const body = this.#body;
    for (let room = session.windowFree; room > 0; room--) {
      const at = session.beginRequest(Command.submit_sm, body.length, this);
      if (at < 0) return;
      body.copy(session.out, at);
      session.end(at + body.length);
    }
  }

  request(): void {
    throw new Error('the message centre asks nothing');
  }

  response(_session: Session, _context: unknown, pdu: PduView): void {
    this.answers++;
    this.idChars += decodeMessageIdResp(pdu).length;
  }

  expired(): void {
    throw new Error('a submit_sm was not answered in time');
  }

  closed(_session: Session, why: string): void {
    if (why !== 'shutdown') throw new Error(`the session ended: ${why}`);
  }

  writable(session: Session): void {
    this.fill(session);
  }

  bindAnswered(session: Session): void {
    this.isUp = true;
    this.fill(session);
  }

  fault(_session: Session, error: unknown): void {
    throw error;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function runGenerator(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ['--centre', '--window', values.window]);
  const { port } = await nextMessage<{ port: number }>(child);
  const generator = new Generator();
  const session = await new Promise<Session>((resolve, reject) => {
    connectSmpp({ host: '127.0.0.1', port }, (error, stream) => {
      if (stream === undefined) reject(error ?? new Error('no stream'));
      else resolve(new Session(stream, options, generator, performance.now()));
    });
  });
  const ticker = setInterval(() => session.tick(performance.now()), 100);
  session.bind('transceiver', Object.assign(new BindFields(), { systemId: 'bench', password: 'x' }));
  // Two seconds for the compilers of both processes.
  await pause(2_000);
  const samples: { rate: number; esme: number; centre: number; answersPerWrite: number }[] = [];
  const seconds = Number(values.seconds);
  for (let at = 0; at < seconds; at++) {
    const before = {
      answers: generator.answers,
      writes: session.writes,
      cpu: process.cpuUsage(),
      peer: await cpuOf(child),
    };
    const fromMs = performance.now();
    await pause(1_000);
    const answers = generator.answers - before.answers;
    samples.push({
      rate: (answers * 1_000) / (performance.now() - fromMs),
      esme: microsBetween(before.cpu, process.cpuUsage()) / answers,
      centre: microsBetween(before.peer, await cpuOf(child)) / answers,
      answersPerWrite: answers / (session.writes - before.writes),
    });
  }
  clearInterval(ticker);
  session.destroy('shutdown');
  await new Promise((resolve) => child.once('exit', resolve));
  report(samples);
}

function report(samples: { rate: number; esme: number; centre: number; answersPerWrite: number }[]): void {
  const spread = (pick: (sample: (typeof samples)[number]) => number): { median: number; min: number; max: number } => {
    const sorted = samples.map(pick).sort((left, right) => left - right);
    return { median: sorted[sorted.length >> 1]!, min: sorted[0]!, max: sorted.at(-1)! };
  };
  const result = {
    window: windowMax,
    samples: samples.length,
    pairsPerSec: spread((sample) => sample.rate),
    esmeMicrosPerPair: spread((sample) => sample.esme),
    centreMicrosPerPair: spread((sample) => sample.centre),
    pairsPerWrite: spread((sample) => sample.answersPerWrite),
  };
  if (values.json) {
    console.log(JSON.stringify(result));
    return;
  }
  const line = (name: string, one: { median: number; min: number; max: number }, digits: number): void =>
    console.log(
      `${name.padEnd(34)} ${one.median.toFixed(digits)}  (${one.min.toFixed(digits)} to ${one.max.toFixed(digits)})`,
    );
  console.log(`window ${windowMax}, ${samples.length} samples of one second: median (least to most)`);
  line('submit_sm answered, a second', result.pairsPerSec, 0);
  line('CPU of the ESME, µs a pair', result.esmeMicrosPerPair, 2);
  line('CPU of the message centre, µs a pair', result.centreMicrosPerPair, 2);
  line('pairs a write of the ESME', result.pairsPerWrite, 1);
}

await (values.centre ? runCentre() : runGenerator());
