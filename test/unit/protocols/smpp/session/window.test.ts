import { deepEqual, equal, throws } from 'node:assert/strict';
import fc from 'fast-check';
import { RequestWindow } from '../../../../../protocols/smpp/session/window.js';

const SEED = process.env['SEED'] === undefined ? undefined : Number(process.env['SEED']);
const runs = { numRuns: 200, ...(SEED === undefined ? {} : { seed: SEED }) };

describe('the window of unanswered requests', () => {
  it('counts sequence_number from 1 and wraps after 0x7FFFFFFF, never through 0', () => {
    equal(new RequestWindow(4).open(4, 'a', 0), 1);
    const window = new RequestWindow(4, 0x7ffffffd);
    deepEqual(
      [1, 2, 3].map((context) => window.open(4, context, 0)),
      [0x7ffffffe, 0x7fffffff, 1],
    );
    equal(window.find(0), -1);
  });

  it('refuses more than its limit as our own fault', () => {
    const window = new RequestWindow(1);
    window.open(4, 'a', 0);
    throws(() => window.open(4, 'b', 0), /window overran its limit/);
  });

  it('goes on past a request that is never answered', () => {
    const window = new RequestWindow(4);
    const stuck = window.open(4, 'stuck', 0);
    for (let at = 0; at < 1_000; at++) window.take(window.find(window.open(4, at, 1)));
    equal(window.take(window.find(stuck)), 'stuck');
    equal(window.size, 0);
  });

  it('keeps waiting for requests above a lowered limit', () => {
    const window = new RequestWindow(4);
    const sequences = [1, 2, 3].map((context) => window.open(4, context, 0));
    window.setMax(2);
    equal(window.free, 0);
    equal(window.take(window.find(sequences[0]!)), 1);
    equal(window.free, 0);
    window.take(window.find(sequences[1]!));
    equal(window.free, 1);
  });

  it('behaves like an ordered map, whatever is opened, answered and expired', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('open' as const) }),
      fc.record({ kind: fc.constant('answer' as const), pick: fc.nat(1_000) }),
      fc.record({ kind: fc.constant('expire' as const), ageMs: fc.nat(30) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), fc.nat(0x7fffffff), (steps, last) => {
        const window = new RequestWindow(50, last);
        const model = new Map<number, { context: number; sentAtMs: number }>();
        let nowMs = 0;
        for (const one of steps) {
          nowMs++;
          if (one.kind === 'open' && window.free > 0) {
            model.set(window.open(4, nowMs, nowMs), { context: nowMs, sentAtMs: nowMs });
          } else if (one.kind === 'answer' && model.size > 0) {
            const [sequence, entry] = [...model][one.pick % model.size]!;
            model.delete(sequence);
            equal(window.take(window.find(sequence)), entry.context);
            equal(window.find(sequence), -1);
          } else if (one.kind === 'expire') {
            const due = [...model].filter(([, entry]) => entry.sentAtMs <= nowMs - one.ageMs);
            for (const [sequence, entry] of due) {
              model.delete(sequence);
              equal(window.take(window.oldestSentBy(nowMs - one.ageMs)), entry.context);
            }
            equal(window.oldestSentBy(nowMs - one.ageMs), -1);
          }
          equal(window.size, model.size);
        }
        deepEqual(
          window.takeAll(),
          [...model.values()].map((entry) => entry.context),
        );
      }),
      runs,
    );
  });
});
