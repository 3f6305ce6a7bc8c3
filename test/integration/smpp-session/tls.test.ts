// TLS on both sides: H20, an ESME that believes any certificate gives its password to anybody.

import { equal, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PduView, SessionHandler, SmppListener, TlsClientOptions } from '#smpp';
import { BindFields, Session, connectSmpp, isBindCommand, listenSmpp, responseOf } from '#smpp';

const options = {
  windowMax: 10,
  peerWindowMax: 10,
  responseTimeoutMs: 5_000,
  enquireLinkMs: 0,
  enquireLinkTimeoutMs: 1_000,
  initTimeoutMs: 2_000,
  inactivityMs: 0,
  readStallMs: 2_000,
  pduBytesMax: 66_560,
  outboundBytesMax: 262_144,
  outboundBytesFatal: 4_194_304,
};

/** A key and a certificate that signs itself, for localhost. */
function selfSigned(folder: string): { key: string; cert: string } {
  const key = join(folder, 'key.pem');
  const cert = join(folder, 'cert.pem');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'pipe' });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

/** Accepts every bind. */
const centre: SessionHandler = {
  request: (session: Session, pdu: PduView): void => {
    if (!isBindCommand(pdu.commandId)) return;
    session.bound('bound-trx', 0x34);
    session.respond(responseOf(pdu.commandId), 0, pdu.sequenceNumber, 'mc');
  },
  response: () => undefined,
  expired: () => undefined,
  closed: () => undefined,
  writable: () => undefined,
};

describe('SMPP over TLS', () => {
  let folder = '';
  let listener: SmppListener;
  let pems: { key: string; cert: string };
  const sessions: Session[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'smpp-tls-'));
    pems = selfSigned(folder);
    const tls = { ...pems, handshakeTimeoutMs: 300 };
    listener = await listenSmpp({ host: '127.0.0.1', port: 0, tls, connectionsMax: 10 }, (stream) => {
      sessions.push(new Session(stream, { ...options, role: 'mc' }, centre, performance.now()));
    });
  });

  after(async () => {
    for (const session of sessions) session.destroy('shutdown');
    await listener.close();
    rmSync(folder, { recursive: true });
  });

  const open = (tls: TlsClientOptions): Promise<{ error: Error | undefined; stream: Socket | undefined }> =>
    new Promise((resolve) => {
      const target = { host: '127.0.0.1', port: listener.address.port, tls };
      connectSmpp(target, (error, stream) => resolve({ error, stream }));
    });

  it('H20: refuses a certificate that nobody vouches for, by default', async () => {
    const { error, stream } = await open({});
    equal(stream, undefined);
    ok(/self.signed/i.test(error!.message), error!.message);
  });

  it('H20: refuses a certificate of another name', async () => {
    const { error } = await open({ ca: pems.cert, servername: 'smpp.example' });
    ok(error!.message.includes('does not match'), error!.message);
  });

  for (const [how, tls] of [
    ['with the authority it was given', (): TlsClientOptions => ({ ca: pems.cert })],
    ['with any certificate only when the operator says so', (): TlsClientOptions => ({ isVerified: false })],
  ] as const) {
    it(`binds ${how}`, async () => {
      const { stream } = await open(tls());
      const bound = new Promise<number>((resolve) => {
        const handler = { ...centre, bindAnswered: (_: Session, pdu: PduView) => resolve(pdu.commandStatus) };
        const session = new Session(stream!, { ...options, role: 'esme' }, handler, performance.now());
        sessions.push(session);
        session.bind('transceiver', Object.assign(new BindFields(), { systemId: 'us' }));
      });
      equal(await bound, 0);
    });
  }

  it('H5: closes a connection that never begins its handshake, and lives on', async () => {
    const socket = connect(listener.address.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.on('close', resolve));
    const { stream } = await open({ ca: pems.cert });
    ok(stream !== undefined);
    stream.destroy();
  });

  it('survives plain SMPP on the TLS port', async () => {
    const socket = connect(listener.address.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.end(Buffer.from('00000010000000150000000000000001', 'hex'));
    await new Promise((resolve) => socket.on('close', resolve));
    const { stream } = await open({ ca: pems.cert });
    ok(stream !== undefined);
    stream.destroy();
  });
});
