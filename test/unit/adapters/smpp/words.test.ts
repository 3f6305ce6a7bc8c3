// What the adapter reads: ids, statuses, receipts, options.

import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { smppAdapterKind } from '#adapters/smpp';
import { MessageState } from '#core';
import { Command, MessageFields, Status, decodeSubmitSmBody, encodeMessageBody, messageBodyBytesMax } from '#smpp';
import type { UpstreamReceipt } from '#adapters';
import { needsNewBinds, parseSmppOptions } from '../../../../adapters/smpp/options.js';
import type { SmppTrunkOptions } from '../../../../adapters/smpp/options.js';
import { isReceipt, readReceipt } from '../../../../adapters/smpp/receipt.js';
import { StatusClasses, statusClasses } from '../../../../adapters/smpp/status-classes.js';
import { ThrottlePause } from '../../../../adapters/smpp/throttle-pause.js';
import { normaliseUpstreamId } from '../../../../adapters/smpp/upstream-id.js';

const SEED = process.env['SEED'] === undefined ? undefined : Number(process.env['SEED']);
const runs = { numRuns: 300, ...(SEED === undefined ? {} : { seed: SEED }) };

function optionsOf(over: Record<string, unknown> = {}): SmppTrunkOptions {
  const parsed = parseSmppOptions({ host: '127.0.0.1', systemId: 'id', ...over });
  if (!parsed.ok) throw new Error(parsed.why.join());
  return parsed.value;
}

describe('an upstream’s message id', () => {
  it('is the same in response and receipt whatever the case, blanks and padding', () => {
    equal(normaliseUpstreamId('0913121205', 'text', false), normaliseUpstreamId('913121205', 'text', true));
    equal(
      normaliseUpstreamId('4F3A2C10-AAAA-4BBB-8CCC-0123456789AB ', 'text', false),
      normaliseUpstreamId('4f3a2c10-aaaa-4bbb-8ccc-0123456789ab', 'text', true),
    );
    equal(normaliseUpstreamId('00AB12', 'hex', false), normaliseUpstreamId('ab12', 'hex', true));
    equal(normaliseUpstreamId('0', 'text', false), '0');
  });

  it('is one number in hexadecimal here and decimal there, of any length', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n }), fc.nat(6), fc.boolean(), (id, zeros, isUpper) => {
        const hex = '0'.repeat(zeros) + (isUpper ? id.toString(16).toUpperCase() : id.toString(16));
        const decimal = '0'.repeat(zeros) + id.toString();
        equal(
          normaliseUpstreamId(hex, 'hex-resp-decimal-receipt', false),
          normaliseUpstreamId(decimal, 'hex-resp-decimal-receipt', true),
        );
        equal(
          normaliseUpstreamId(decimal, 'decimal-resp-hex-receipt', false),
          normaliseUpstreamId(hex, 'decimal-resp-hex-receipt', true),
        );
      }),
      runs,
    );
  });

  it('stays as text when it is not in the base it was said to have', () => {
    equal(normaliseUpstreamId('smsc-77', 'hex-resp-decimal-receipt', false), 'smsc-77');
    equal(normaliseUpstreamId('', 'hex-resp-decimal-receipt', true), '');
  });
});

describe('command_status of an upstream', () => {
  it('has a class for every status of SMPP 3.4 and 5.0', () => {
    const names = Object.keys(Status).filter((name) => name !== 'ESME_ROK');
    deepEqual(Object.keys(statusClasses).sort(), names.sort());
  });

  it('means later for throttling, elsewhere for doubt, and the end only for what no carrier takes', () => {
    const classes = new StatusClasses({});
    equal(classes.of(Status.ESME_RTHROTTLED), 'throttled');
    equal(classes.of(Status.ESME_RMSGQFUL), 'throttled');
    equal(classes.of(Status.ESME_RSYSERR), 'transient');
    equal(classes.of(Status.ESME_RSUBMITFAIL), 'trunk-permanent');
    equal(classes.of(Status.ESME_RINVSRCADR), 'trunk-permanent');
    equal(classes.of(Status.ESME_RINVDSTADR), 'permanent');
    equal(classes.of(0x0411), 'trunk-permanent');
  });

  it('means what the operator says it means', () => {
    const { statusClasses: own } = optionsOf({
      statusClasses: { ESME_RSYSERR: 'throttled', '0x411': 'permanent', '1042': 'transient' },
    });
    const classes = new StatusClasses(own);
    equal(classes.of(Status.ESME_RSYSERR), 'throttled');
    equal(classes.of(0x411), 'permanent');
    equal(classes.of(1042), 'transient');
  });
});

describe('a delivery receipt from an upstream', () => {
  const read = (
    text: string,
    over: { esmClass?: number; tlvs?: string; options?: Record<string, unknown> } = {},
  ): UpstreamReceipt & { isReceipt: boolean; isReadable: boolean } => {
    const input = {
      source: '393330001111',
      destination: 'ACME',
      esmClass: over.esmClass ?? 4,
      shortMessage: Buffer.from(text, 'latin1'),
      tlvs: Buffer.from(over.tlvs ?? '', 'hex'),
    };
    const out = Buffer.alloc(messageBodyBytesMax(input));
    const body = out.subarray(0, encodeMessageBody(Command.deliver_sm, input, out, 0));
    const fields = new MessageFields();
    equal(decodeSubmitSmBody(body, 0, body.length, fields), Status.ESME_ROK);
    const into = {
      upstreamId: '?',
      state: MessageState.unknown,
      errorCode: '?',
      destination: '?',
      doneAtMs: -1,
    } as UpstreamReceipt;
    return {
      isReceipt: isReceipt(fields, body),
      isReadable: readReceipt(fields, body, optionsOf(over.options), Date.UTC(2026, 5, 1), into),
      ...into,
    };
  };
  const text = 'id:0042 sub:001 dlvrd:001 submit date:2601010000 done date:2601020304 stat:DELIVRD err:000 text:hi';

  it('is read from its text', () => {
    const receipt = read(text);
    ok(receipt.isReceipt && receipt.isReadable);
    deepEqual(
      [receipt.upstreamId, receipt.state, receipt.errorCode, receipt.destination, receipt.doneAtMs],
      ['42', MessageState.delivered, '000', '393330001111', Date.UTC(2026, 0, 2, 3, 4)],
    );
  });

  it('is read from its TLVs before its text', () => {
    // receipted_message_id "77", message_state 5 (undeliverable), network_error_code GSM 27.
    const receipt = read(text, { tlvs: '001e0003373700' + '0427000105' });
    deepEqual([receipt.upstreamId, receipt.state], ['77', MessageState.undeliverable]);
    const bare = read('', { tlvs: '001e0003373700' + '0427000105' + '0423000303001b' });
    deepEqual([bare.isReadable, bare.upstreamId, bare.errorCode, bare.doneAtMs], [true, '77', '27', 0]);
  });

  it('takes the base of a receipted_message_id from the receipts’ or from the responses’ habit', () => {
    const tlvs = '001e0003616200';
    const options = { idBase: 'hex-resp-decimal-receipt' };
    equal(read('', { tlvs, options: { ...options, receiptTlvId: 'as-response' } }).upstreamId, '171');
    equal(read('', { tlvs, options }).upstreamId, 'ab');
  });

  it('is known by esm_class, or by both TLVs, and never by text that a subscriber can type', () => {
    equal(read(text, { esmClass: 0x20 }).isReceipt, true);
    equal(read(text, { esmClass: 0 }).isReceipt, false);
    equal(read('', { esmClass: 0, tlvs: '001e0003373700' + '0427000102' }).isReceipt, true);
    equal(read(text, { esmClass: 0, tlvs: '001e0003373700' }).isReceipt, false);
    equal(read(text, { esmClass: 0x08 }).isReceipt, false);
    equal(read(text, { esmClass: 0x44 }).isReceipt, true);
  });

  it('without any id is told from one that can be matched', () => {
    equal(read('stat:DELIVRD').isReadable, false);
    equal(read('').isReadable, false);
  });

  it('never throws on random text and TLVs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 100 }), (message, tlvs) => {
        const input = { source: '1', destination: '2', esmClass: 4, shortMessage: message, tlvs };
        const out = Buffer.alloc(messageBodyBytesMax(input));
        const body = out.subarray(0, encodeMessageBody(Command.deliver_sm, input, out, 0));
        const fields = new MessageFields();
        if (decodeSubmitSmBody(body, 0, body.length, fields) !== Status.ESME_ROK) return;
        const into = { upstreamId: '', state: MessageState.unknown, errorCode: '', destination: '', doneAtMs: 0 };
        if (isReceipt(fields, body)) readReceipt(fields, body, optionsOf(), 0, into);
      }),
      runs,
    );
  });
});

describe('a throttled trunk', () => {
  it('pauses longer each time it is told so, once per refused window, and shortly again after a success', () => {
    const pause = new ThrottlePause(100, 400);
    pause.extend(0);
    pause.extend(10);
    ok(pause.isOn(99) && !pause.isOn(100));
    pause.extend(100);
    ok(pause.isOn(299) && !pause.isOn(300));
    pause.extend(300);
    pause.relax(500);
    ok(pause.isOn(699) && !pause.isOn(700));
    pause.extend(700);
    ok(pause.isOn(1_099) && !pause.isOn(1_100));
    pause.relax(1_100);
    pause.extend(1_200);
    ok(pause.isOn(1_299) && !pause.isOn(1_300));
  });
});

describe('options of an SMPP trunk', () => {
  it('say in one sentence per fault what is wrong', () => {
    deepEqual(
      smppAdapterKind.parseOptions({
        host: '',
        systemId: 'a-name-that-is-too-long',
        port: 0,
        statusClasses: { ESME_X: 'later' },
      }),
      {
        ok: false,
        why: [
          'host: must be a host name or address',
          'port: must be a whole number from 1 to 65535',
          'systemId: must have at most 15 characters',
          'statusClasses.ESME_X: must be the name of a command_status such as ESME_RSUBMITFAIL, or its number',
        ],
      },
    );
    equal(smppAdapterKind.parseOptions('x').ok, false);
    equal(smppAdapterKind.parseOptions({ host: 'h', systemId: 'i', reconnectMinMs: 100_000 }).ok, false);
    equal(smppAdapterKind.parseOptions({ host: 'h', systemId: 'i', password: 'in clear' }).ok, false);
  });

  it('are read again as they were read', () => {
    const first = optionsOf({ tls: { servername: 'x' } });
    deepEqual(parseSmppOptions(first), { ok: true, value: first });
  });

  it('ask for new binds only when the binds change', () => {
    const before = optionsOf({ tls: {} });
    equal(needsNewBinds(before, optionsOf({ tls: {}, tps: 5, window: 7, idBase: 'hex' })), false);
    equal(needsNewBinds(before, optionsOf({ tls: {}, host: '::1' })), true);
    equal(needsNewBinds(before, optionsOf({ tls: { verify: false } })), true);
    equal(needsNewBinds(before, optionsOf()), true);
  });
});
