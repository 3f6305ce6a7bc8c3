// Passwords: derived once, remembered, bounded.

import assert from 'node:assert/strict';
import { PASSWORD_QUEUE_MAX } from '#core';
import { PasswordGate, type PasswordVerdict } from '../../../../switch/smpp/password-gate.js';
import { cheapHash, PASSWORD } from './harness.js';

const holder = (ref = 1, password = PASSWORD): { ref: number; passwordHash: string } => ({
  ref,
  passwordHash: cheapHash(password),
});

const ask = (
  gate: PasswordGate,
  of: { ref: number; passwordHash: string },
  password: string,
): Promise<PasswordVerdict> => new Promise((resolve) => gate.check(of, password, resolve));

describe('the password gate', () => {
  it('remembers what was right: 5,000 rebinds derive one key', async () => {
    const gate = new PasswordGate();
    const account = holder();
    for (let bind = 0; bind < 5_000; bind++) assert.equal(await ask(gate, account, PASSWORD), 'right');
    assert.equal(gate.counters.derived, 1);
    assert.equal(gate.counters.remembered, 4_999);
  });

  it('derives few keys for a storm that comes before the first is ready', async () => {
    const gate = new PasswordGate();
    const account = holder();
    const storm = Array.from({ length: 1_000 }, () => ask(gate, account, PASSWORD));
    for (const verdict of await Promise.all(storm)) assert.equal(verdict, 'right');
    assert.equal(gate.counters.derived <= 4, true, `${gate.counters.derived} derived`);
  });

  it('never mistakes a wrong password for the remembered one, nor one account for another', async () => {
    const gate = new PasswordGate();
    const account = holder();
    assert.equal(await ask(gate, account, PASSWORD), 'right');
    assert.equal(await ask(gate, account, 'other'), 'wrong');
    assert.equal(await ask(gate, holder(2, 'other'), PASSWORD), 'wrong');
  });

  it('forgets when the password changes', async () => {
    const gate = new PasswordGate();
    assert.equal(await ask(gate, holder(), PASSWORD), 'right');
    assert.equal(await ask(gate, holder(1, 'changed'), PASSWORD), 'wrong');
    assert.equal(await ask(gate, holder(1, 'changed'), 'changed'), 'right');
  });

  it('is busy, and says so at once, when its queue is full', async () => {
    const gate = new PasswordGate();
    const verdicts: PasswordVerdict[] = [];
    const account = holder();
    for (let i = 0; i < PASSWORD_QUEUE_MAX + 10; i++) gate.check(account, 'wrong', (verdict) => verdicts.push(verdict));
    assert.deepEqual([...new Set(verdicts)], ['busy']);
    assert.equal(verdicts.length, gate.counters.refusedBusy);
    assert.equal(verdicts.length <= 10 && verdicts.length >= 8, true);
    while (verdicts.length < PASSWORD_QUEUE_MAX + 10) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(
      verdicts.filter((verdict) => verdict === 'wrong').length,
      PASSWORD_QUEUE_MAX + 10 - gate.counters.refusedBusy,
    );
  }).timeout(20_000);
});
