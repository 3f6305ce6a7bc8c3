import assert from 'node:assert/strict';
import {
  BindFields,
  BindRespFields,
  beginPdu,
  Command,
  decodeBind,
  decodeBindResp,
  decodeMessageIdResp,
  decodePdu,
  encodeBind,
  encodeBindResp,
  encodePdu,
  endPdu,
  PduView,
  readTlvUint,
  Status,
  Tlv,
  tlvStartOfMessageIdResp,
} from '#smpp';

function viewOf(pdu: Buffer): PduView {
  const view = new PduView();
  view.point(pdu, 0, pdu.length);
  return view;
}

describe('table codec', () => {
  it('carries a submit_multi with addresses and lists, and its partial failures', () => {
    const multi = {
      commandId: Command.submit_multi,
      commandStatus: 0,
      sequenceNumber: 5,
      fields: {
        service_type: '',
        source_addr_ton: 5,
        source_addr_npi: 0,
        source_addr: 'ACME',
        dest_address: [{ ton: 1, npi: 1, address: '255712345678' }, { listName: 'staff' }],
        esm_class: 0,
        protocol_id: 0,
        priority_flag: 0,
        schedule_delivery_time: '',
        validity_period: '',
        registered_delivery: 1,
        replace_if_present_flag: 0,
        data_coding: 0,
        sm_default_msg_id: 0,
        short_message: Buffer.from('hi'),
      },
      tlvs: [{ tag: 0x1400, value: Buffer.from([1, 2]) }],
    };
    assert.deepEqual(decodePdu(encodePdu(multi)), { ok: true, ...multi });
  });

  it('H11: keeps body and TLVs of an answer with an error', () => {
    const failed = {
      commandId: Command.submit_multi_resp,
      commandStatus: Status.ESME_RSUBMITFAIL,
      sequenceNumber: 5,
      fields: {
        message_id: 'a1',
        unsuccess_sme: [{ ton: 1, npi: 1, address: '2557', status: Status.ESME_RINVDSTADR }],
      },
      tlvs: [{ tag: Tlv.congestion_state, value: Buffer.from([90]) }],
    };
    const wire = encodePdu(failed);
    assert.deepEqual(decodePdu(wire), { ok: true, ...failed });
    const throttled = encodePdu({
      commandId: Command.submit_sm_resp,
      commandStatus: Status.ESME_RTHROTTLED,
      sequenceNumber: 1,
      fields: { message_id: '' },
      tlvs: [{ tag: Tlv.delivery_failure_reason, value: Buffer.from([2]) }],
    });
    const view = viewOf(throttled);
    assert.equal(decodeMessageIdResp(view), '');
    assert.equal(
      readTlvUint(throttled, tlvStartOfMessageIdResp(view), throttled.length, Tlv.delivery_failure_reason),
      2,
    );
  });

  it('takes an answer without a body', () => {
    const wire = encodePdu({ commandId: Command.submit_sm_resp, commandStatus: 8, sequenceNumber: 1 });
    assert.equal(wire.length, 16);
    const decoded = decodePdu(wire);
    assert.ok(decoded.ok);
    assert.deepEqual(decoded.fields, {});
    assert.equal(decodeMessageIdResp(viewOf(wire)), '');
  });

  it('reads a message_id whose NUL is missing up to the end', () => {
    const out = Buffer.from('00000000800000040000000000000001' + '616263', 'hex');
    endPdu(out, 0, out.length);
    assert.equal(decodeMessageIdResp(viewOf(out)), 'abc');
  });

  it('tells framing faults, which end the session, from body faults, which are answered', () => {
    const cut = decodePdu(Buffer.from('0000000f000000040000000000000009', 'hex'));
    assert.ok(!cut.ok && cut.fault === 'framing');
    const unknown = decodePdu(Buffer.from('00000010000000ff0000000000000009', 'hex'));
    assert.ok(!unknown.ok);
    assert.deepEqual([unknown.fault, unknown.status, unknown.sequenceNumber], ['body', Status.ESME_RINVCMDID, 9]);
    assert.ok(!decodePdu(Buffer.alloc(0)).ok);
  });

  it('H3: refuses a list that ends early', () => {
    const whole = encodePdu({
      commandId: Command.submit_multi_resp,
      sequenceNumber: 1,
      fields: { message_id: 'a', unsuccess_sme: [{ ton: 0, npi: 0, address: '1', status: 1 }] },
    });
    whole[18] = 255;
    const decoded = decodePdu(whole);
    assert.ok(!decoded.ok);
    assert.equal(decoded.status, Status.ESME_RINVCMDLEN);
  });

  it('H19: leaves the object that it encodes as it was', () => {
    const fields = Object.freeze({ message_id: 'x' });
    encodePdu(Object.freeze({ commandId: Command.submit_sm_resp, sequenceNumber: 1, fields }));
    assert.deepEqual(fields, { message_id: 'x' });
  });

  it('H13: refuses values that do not fit with a stable code', () => {
    const submit = { commandId: Command.submit_sm, sequenceNumber: 1 };
    for (const fields of [
      { esm_class: 256 },
      { esm_class: -1 },
      { source_addr: 'x'.repeat(21) },
      { short_message: Buffer.alloc(256) },
      { short_message: 'text' },
      { validity_period: '123' },
    ]) {
      assert.throws(() => encodePdu({ ...submit, fields }), { code: 'MX1001' });
    }
    assert.throws(() => encodePdu({ commandId: 0xff, sequenceNumber: 1 }), { code: 'MX1001' });
  });
});

describe('binds', () => {
  const bind = Object.assign(new BindFields(), {
    systemId: 'customer-one',
    password: 'secret08',
    systemType: 'VMA',
    addrTon: 1,
    addrNpi: 1,
    addressRange: '^2557',
  });

  function frame(fields: BindFields): Buffer {
    const out = Buffer.alloc(200);
    return out.subarray(0, endPdu(out, 0, encodeBind(fields, out, beginPdu(out, 0, Command.bind_transceiver, 0, 1))));
  }

  it('reads back what was written, as the table codec does', () => {
    const wire = frame(bind);
    const read = new BindFields();
    assert.equal(decodeBind(viewOf(wire), read), Status.ESME_ROK);
    assert.deepEqual(read, bind);
    const decoded = decodePdu(wire);
    assert.ok(decoded.ok);
    assert.deepEqual(Object.values(decoded.fields), Object.values(bind));
  });

  it('refuses every bind that ends early, the same way as the table codec', () => {
    const wire = frame(bind);
    for (let length = 16; length < wire.length; length++) {
      const cut = Buffer.from(wire.subarray(0, length));
      endPdu(cut, 0, length);
      const decoded = decodePdu(cut);
      assert.ok(!decoded.ok);
      assert.equal(decodeBind(viewOf(cut), new BindFields()), decoded.status, `${length} octets`);
    }
  });

  it('names the field that is too long', () => {
    const long = (at: string, octets: number): number => {
      const fields = { system_id: 'a', password: 'b', system_type: 'c' };
      const text = Object.entries(fields).map(([name, value]) => `${name === at ? 'x'.repeat(octets) : value}\0`);
      const body = Buffer.from(`${text.join('')}\u0034\0\0\0`, 'latin1');
      const wire = Buffer.concat([Buffer.alloc(16), body]);
      beginPdu(wire, 0, Command.bind_receiver, 0, 1);
      endPdu(wire, 0, wire.length);
      return decodeBind(viewOf(wire), new BindFields());
    };
    assert.equal(long('', 0), Status.ESME_ROK);
    assert.equal(long('system_id', 16), Status.ESME_RINVSYSID);
    assert.equal(long('password', 9), Status.ESME_RINVPASWD);
    assert.equal(long('system_type', 13), Status.ESME_RINVSYSTYP);
  });

  it('reads the answer with and without its version, and without a body', () => {
    const out = Buffer.alloc(64);
    const body = beginPdu(out, 0, Command.bind_transceiver_resp, 0, 1);
    const read = new BindRespFields();
    for (const version of [0x34, 0]) {
      const end = endPdu(out, 0, encodeBindResp('centre', version, out, body));
      decodeBindResp(viewOf(out.subarray(0, end)), read);
      assert.deepEqual(Object.assign({}, read), { systemId: 'centre', interfaceVersion: version });
    }
    decodeBindResp(viewOf(out.subarray(0, 16)), read);
    assert.deepEqual(Object.assign({}, read), { systemId: '', interfaceVersion: 0 });
  });
});
