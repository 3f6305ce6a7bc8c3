// Our session and node-smpp, which shares no code with it, over real sockets: each as client and as server.

import { deepEqual, equal, ok } from 'node:assert/strict';
import smpp, { type Pdu, type Session as NodeSession } from 'smpp';
import type { PduView, SessionHandler, SessionOptions, SmppListener } from '#smpp';
import {
  BindFields,
  Command,
  MessageFields,
  Session,
  Status,
  connectSmpp,
  decodeBind,
  decodeMessageIdResp,
  decodeSubmitSm,
  encodeMessageBody,
  isBindCommand,
  listenSmpp,
  messageBodyBytesMax,
  responseOf,
} from '#smpp';
import { NodeSmppCentre } from '../../support/node-smpp-pair.js';

const options: SessionOptions = {
  role: 'mc',
  windowMax: 500,
  peerWindowMax: 500,
  responseTimeoutMs: 5_000,
  enquireLinkMs: 100,
  enquireLinkTimeoutMs: 1_000,
  initTimeoutMs: 2_000,
  inactivityMs: 0,
  readStallMs: 2_000,
  pduBytesMax: 66_560,
  outboundBytesMax: 262_144,
  outboundBytesFatal: 4_194_304,
};

/** Accepts binds, answers submit_sm, and keeps what it hears. */
class Peer implements SessionHandler {
  session: Session | undefined;
  readonly texts: string[] = [];
  readonly ids: string[] = [];
  readonly statuses: number[] = [];
  bound: BindFields | undefined;
  closedWhy = '';
  readonly #fields = new MessageFields();

  request(session: Session, pdu: PduView): void {
    if (isBindCommand(pdu.commandId)) {
      this.bound = new BindFields();
      equal(decodeBind(pdu, this.bound), Status.ESME_ROK);
      session.bound('bound-trx', this.bound.interfaceVersion);
      session.respond(responseOf(pdu.commandId), 0, pdu.sequenceNumber, 'ours');
      return;
    }
    const status = decodeSubmitSm(pdu, this.#fields);
    this.texts.push(pdu.buffer.toString('latin1', this.#fields.messageStart, this.#fields.messageEnd));
    session.respond(responseOf(pdu.commandId), status, pdu.sequenceNumber, `id${this.texts.length}`);
  }

  response(_session: Session, _context: unknown, pdu: PduView): void {
    this.statuses.push(pdu.commandStatus);
    this.ids.push(decodeMessageIdResp(pdu));
  }

  expired(): void {
    this.closedWhy = 'expired';
  }

  closed(_session: Session, why: string): void {
    this.closedWhy = why;
  }

  writable(): void {
    // One at a time is enough here.
  }

  bindAnswered(_session: Session, pdu: PduView): void {
    this.statuses.push(pdu.commandStatus);
  }

  send(command: number, text: string): void {
    const input = { source: '393330001111', destination: '1234', shortMessage: Buffer.from(text) };
    const at = this.session!.beginRequest(command, messageBodyBytesMax(input), text);
    this.session!.end(encodeMessageBody(command, input, this.session!.out, at));
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let at = 0; at < 600 && !holds(); at++) await new Promise((resolve) => setTimeout(resolve, 5));
  ok(holds(), holds.toString());
}

describe('our message centre and a node-smpp ESME', () => {
  let peer: Peer;
  let listener: SmppListener;
  let client: NodeSession;
  let ticker: NodeJS.Timeout;

  const start = async (host: string): Promise<void> => {
    peer = new Peer();
    listener = await listenSmpp({ host, port: 0, connectionsMax: 10 }, (stream) => {
      peer.session = new Session(stream, options, peer, performance.now());
    });
    ticker = setInterval(() => peer.session?.tick(performance.now()), 20);
    client = smpp.connect({ host, port: listener.address.port });
    client.on('error', () => undefined);
    await new Promise((resolve) => client.on('connect', resolve));
  };

  afterEach(async () => {
    clearInterval(ticker);
    client.destroy();
    peer.session?.destroy('shutdown');
    await listener.close();
  });

  for (const host of ['127.0.0.1', '::1']) {
    it(`talk both ways over ${host}`, async () => {
      await start(host);
      const answer = await new Promise<Pdu>((resolve) =>
        client.bind_transceiver({ system_id: 'node', password: 'pw', interface_version: 0x34 }, resolve),
      );
      deepEqual([answer.command_status, answer['system_id']], [0, 'ours']);
      deepEqual([peer.bound?.systemId, peer.bound?.password, peer.session?.state], ['node', 'pw', 'bound-trx']);
      const ids = await Promise.all(
        Array.from(
          { length: 200 },
          (_, at) =>
            new Promise<unknown>((resolve) =>
              client.submit_sm({ destination_addr: '39333', short_message: `text ${at}` }, (pdu) =>
                resolve(pdu['message_id']),
              ),
            ),
        ),
      );
      deepEqual(
        ids,
        Array.from({ length: 200 }, (_, at) => `id${at + 1}`),
      );
      equal(peer.texts[199], 'text 199');
      client.on('deliver_sm', (pdu: Pdu) => client.send(pdu.response()));
      peer.send(Command.deliver_sm, 'a reply');
      await until(() => peer.statuses.length === 1);
      deepEqual(peer.statuses, [0]);
      ok(peer.session!.peer.startsWith(host.includes(':') ? '[::1]:' : '127.0.0.1:'));
    });
  }

  it('keep the link with enquire_link both ways, and end it with unbind', async () => {
    await start('127.0.0.1');
    client.on('enquire_link', (pdu: Pdu) => client.send(pdu.response()));
    await new Promise((resolve) => client.bind_transceiver({ system_id: 'node', password: 'pw' }, resolve));
    await until(() => peer.session!.counters.enquireLinksOut >= 3);
    const pong = await new Promise<Pdu>((resolve) => client.enquire_link({}, resolve));
    equal(pong.command, 'enquire_link_resp');
    equal(peer.session!.counters.unexpectedIn, 0);
    const bye = await new Promise<Pdu>((resolve) => client.unbind({}, resolve));
    equal(bye.command_status, 0);
    await until(() => peer.closedWhy !== '');
    equal(peer.closedWhy, 'peer-unbound');
  });

  it('part when the ESME does not answer enquire_link', async () => {
    await start('127.0.0.1');
    await new Promise((resolve) => client.bind_transceiver({ system_id: 'node', password: 'pw' }, resolve));
    await until(() => peer.closedWhy !== '');
    equal(peer.closedWhy, 'enquire-unanswered');
  });
});

describe('our ESME and a node-smpp message centre', () => {
  it('talk both ways and part by unbind', async () => {
    const centre = new NodeSmppCentre();
    const port = await centre.listen();
    const peer = new Peer();
    const session = await new Promise<Session>((resolve, reject) => {
      connectSmpp({ host: '127.0.0.1', port }, (error, stream) => {
        if (stream === undefined) reject(error!);
        else resolve(new Session(stream, { ...options, role: 'esme' }, peer, performance.now()));
      });
    });
    peer.session = session;
    const ticker = setInterval(() => session.tick(performance.now()), 20);
    try {
      session.bind('transceiver', Object.assign(new BindFields(), { systemId: 'us', password: 'pw' }));
      await until(() => session.isBound);
      equal(centre.binds[0]?.['system_id'], 'us');
      for (let at = 0; at < 200; at++) peer.send(Command.submit_sm, `text ${at}`);
      await until(() => peer.ids.length === 200);
      deepEqual(peer.ids.slice(0, 2), ['centre-1', 'centre-2']);
      equal((centre.submitted[199]?.['short_message'] as { message: string }).message, 'text 199');
      centre.deliver({ source_addr: '39333', destination_addr: 'us', short_message: 'a reply' });
      await until(() => peer.texts.length === 1);
      await until(() => session.counters.enquireLinksOut >= 2);
      equal(session.isBound, true);
      await session.unbind(2_000);
      equal(peer.closedWhy, 'unbound');
    } finally {
      clearInterval(ticker);
      session.destroy('shutdown');
      await centre.close();
    }
  });

  it('tells why when nobody listens', async () => {
    const gone = await listenSmpp({ host: '127.0.0.1', port: 0, connectionsMax: 1 }, () => undefined);
    await gone.close();
    const error = await new Promise<Error | undefined>((resolve) => {
      connectSmpp({ host: '127.0.0.1', port: gone.address.port }, resolve);
    });
    ok(error?.message.includes('ECONNREFUSED'));
  });
});
