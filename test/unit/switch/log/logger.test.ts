import assert from 'node:assert/strict';
import { createLogger, maskFields } from '../../../../switch/log/index.js';

function capture(level: 'debug' | 'info' | 'warn') {
  const lines: string[] = [];
  const log = createLogger(level, { write: (line: string) => void lines.push(line) });
  return { log, lines };
}

describe('the logger', () => {
  it('writes one JSON line per event, with level and time in words', () => {
    const { log, lines } = capture('info');
    log.child({ systemId: 'acme' }).warn({ windowMax: 10 }, 'bind throttled');
    const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    assert.equal(line['level'], 'warn');
    assert.equal(line['event'], 'bind throttled');
    assert.equal(line['systemId'], 'acme');
    assert.match(String(line['time']), /^\d{4}-\d\d-\d\dT/);
  });

  it('never writes a password, a secret or text, at any depth', () => {
    const { log, lines } = capture('info');
    log.info({ password: 'p4ss', deep: { list: [{ Secret: 's3cret', text: 'hello' }], body: 'b0dy' } }, 'bind');
    assert.doesNotMatch(lines[0] ?? '', /p4ss|s3cret|hello|b0dy/);
  });

  it('masks numbers and leaves alphanumeric senders readable', () => {
    assert.deepEqual(maskFields({ destination: '393331234567', source: 'ACME' }), {
      destination: '39333***',
      source: 'ACME',
    });
  });

  it('says nothing below its level', () => {
    const { log, lines } = capture('warn');
    log.info({}, 'quiet');
    log.debug({}, 'quiet');
    assert.equal(lines.length, 0);
  });

  it('copes with bigints, buffers, errors and loops', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    const masked = maskFields({ amount: 5n, raw: Buffer.alloc(3), error: new Error('no'), loop });
    assert.equal(masked['amount'], '5');
    assert.equal(masked['raw'], '[3 octets]');
    assert.equal((masked['error'] as { message: string }).message, 'no');
    JSON.stringify(masked);
  });
});
