import assert from 'node:assert/strict';

import { Outcome, ReceiptSeen, SinkMark } from '../../../../bench/support/control.js';
import { judge, type RunLogs } from '../../../../bench/support/logs.js';

/** A run of one message per entry. */
function logsOf(messages: readonly { outcome: number; copies: number; mark?: number; heard?: number }[]): RunLogs {
  return {
    serials: messages.length,
    outcomes: Uint8Array.from(messages, (message) => message.outcome),
    accounts: new Uint16Array(messages.length),
    sentTicks: new Uint32Array(messages.length),
    receiptStates: Uint8Array.from(messages, (message) => message.heard ?? ReceiptSeen.none),
    receiptCounts: Uint8Array.from(messages, (message) => (message.heard === undefined ? 0 : 1)),
    receiptTicks: new Uint32Array(messages.length),
    sinkCounts: Uint8Array.from(messages, (message) => message.copies),
    sinkTicks: new Uint32Array(messages.length),
    sinkTrunks: new Uint8Array(messages.length),
    sinkMarks: Uint8Array.from(messages, (message) => message.mark ?? 0),
  };
}

const { accepted, refused, unanswered } = Outcome;

describe('verdict on a run', () => {
  it('counts an accepted message that no carrier got as lost', () => {
    const verdict = judge(logsOf([{ outcome: accepted, copies: 0 }]), true);
    assert.deepEqual([verdict.accepted, verdict.lost, verdict.receiptsLost], [1, 1, 1]);
  });

  it('takes a failure that was reported for no loss', () => {
    const verdict = judge(logsOf([{ outcome: accepted, copies: 0, heard: ReceiptSeen.other }]), true);
    assert.deepEqual([verdict.lost, verdict.failed, verdict.receiptsLost], [0, 1, 0]);
  });

  it('counts every copy beyond the first, whatever the ESME was told', () => {
    const verdict = judge(
      logsOf([
        { outcome: accepted, copies: 3 },
        { outcome: unanswered, copies: 2 },
      ]),
      false,
    );
    assert.equal(verdict.duplicated, 3);
  });

  it('owes nothing for what was refused or never answered', () => {
    const verdict = judge(
      logsOf([
        { outcome: refused, copies: 0 },
        { outcome: unanswered, copies: 0 },
      ]),
      true,
    );
    assert.deepEqual([verdict.accepted, verdict.lost, verdict.receiptsLost], [0, 0, 0]);
  });

  it('tells of a refusal that was sent all the same', () => {
    assert.equal(judge(logsOf([{ outcome: refused, copies: 1 }]), true).refusedYetSent, 1);
  });

  it('tells of a receipt that says other than the carrier did', () => {
    const wrong = { outcome: accepted, copies: 1, mark: SinkMark.undeliverable, heard: ReceiptSeen.delivered };
    assert.equal(judge(logsOf([wrong]), true).receiptsWrong, 1);
  });
});
