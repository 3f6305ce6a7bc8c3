import assert from 'node:assert/strict';
import { MessageState } from '#core';
import { formatReceiptText, messageStateOf, parseReceiptText, type ReceiptText, stateWord } from '#smpp';

const parse = (text: string, encoding: BufferEncoding = 'latin1'): ReceiptText | undefined => {
  const buffer = Buffer.from(text, encoding);
  return parseReceiptText(buffer, 0, buffer.length);
};

const doneDateMs = Date.UTC(2026, 10, 22, 16, 5, 59);

describe('receipt text', () => {
  it('writes appendix B to the letter', () => {
    const text = formatReceiptText({
      id: '01ABC',
      sub: 1,
      dlvrd: 1,
      submitDateMs: Date.UTC(2026, 1, 3, 4, 5),
      doneDateMs,
      state: MessageState.delivered,
      err: 0,
      text: 'twenty characters and more',
    });
    assert.equal(
      text,
      'id:01ABC sub:001 dlvrd:001 submit date:2602030405 done date:2611221605 stat:DELIVRD err:000 text:twenty characters an',
    );
  });

  it('reads back what it writes', () => {
    const text = formatReceiptText({
      id: 'x-1',
      sub: 1,
      dlvrd: 0,
      submitDateMs: doneDateMs,
      doneDateMs,
      state: MessageState.undeliverable,
      err: '1A7',
      text: 'id:9 stat:DELIVRD',
    });
    assert.deepEqual(Object.assign({}, parse(text)), {
      id: 'x-1',
      sub: '001',
      dlvrd: '000',
      submitDate: '2611221605',
      doneDate: '2611221605',
      stat: 'UNDELIV',
      err: '1A7',
      text: 'id:9 stat:DELIVRD',
    });
  });

  const lenient: readonly (readonly [name: string, text: string, expected: Partial<ReceiptText>])[] = [
    [
      'any order',
      'stat:DELIVRD err:000 id:77 done date:2611221605',
      { id: '77', stat: 'DELIVRD', doneDate: '2611221605' },
    ],
    ['any case', 'ID:77 Submit Date:2611221605 STAT:Delivrd', { id: '77', submitDate: '2611221605', stat: 'Delivrd' }],
    ['missing fields', 'id:77 stat:EXPIRED', { id: '77', stat: 'EXPIRED', err: '', text: '' }],
    ['spaces around the colon', 'id : 77 stat : DELIVRD', { id: '77', stat: 'DELIVRD' }],
    ['words before the id', 'Your message id:77 stat:DELIVRD', { id: '77', stat: 'DELIVRD' }],
    [
      'long spellings',
      'id:77 submit_date:2611221605 donedate:2611221606 status:DELIVERED error:12',
      { submitDate: '2611221605', doneDate: '2611221606', stat: 'DELIVERED', err: '12' },
    ],
    ['no separators but commas', 'id:77,sub:001,stat:DELIVRD', { id: '77', sub: '001', stat: 'DELIVRD' }],
    [
      'ids of any form',
      'id:3f2504e0-4f89-11d3-9a0c-0305e82c3301 stat:DELIVRD',
      { id: '3f2504e0-4f89-11d3-9a0c-0305e82c3301' },
    ],
    ['text first', 'text:hello id:77 stat:DELIVRD', { text: 'hello', id: '77', stat: 'DELIVRD' }],
    [
      'dates with colons',
      'id:77 done date:2026-11-22 16:05:59 stat:DELIVRD',
      { doneDate: '2026-11-22 16:05:59', stat: 'DELIVRD' },
    ],
    ['empty values', 'id:77 err: stat:DELIVRD', { id: '77', err: '', stat: 'DELIVRD' }],
    ['a key inside a word as part of it', 'msgid:5 id:77 stat:DELIVRD', { id: '77' }],
  ];
  for (const [name, text, expected] of lenient) {
    it(`reads ${name}`, () => {
      const receipt = parse(text);
      assert.ok(receipt !== undefined);
      for (const [field, value] of Object.entries(expected))
        assert.equal(receipt[field as keyof ReceiptText], value, field);
    });
  }

  it('reads a text in UTF-16', () => {
    const buffer = Buffer.from('id:77 stat:DELIVRD', 'utf16le').swap16();
    assert.equal(parseReceiptText(buffer, 0, buffer.length)?.stat, 'DELIVRD');
  });

  it('answers undefined for what is no receipt', () => {
    for (const text of ['', 'hello', 'meet at 10:30', 'text:hi', ':::', 'paid:5'])
      assert.equal(parse(text), undefined, text);
  });

  it('reads no further than its offsets', () => {
    const buffer = Buffer.from('id:1 stat:DELIVRD err:5');
    assert.equal(parseReceiptText(buffer, 5, 17)?.id, '');
    assert.equal(parseReceiptText(buffer, 5, 17)?.stat, 'DELIVRD');
  });
});

describe('message states', () => {
  it('have words that mean them', () => {
    for (const state of Object.values(MessageState)) {
      if (state === MessageState.scheduled) continue;
      assert.equal(messageStateOf(stateWord(state)), state);
    }
  });

  it('are read in any case and in long words, and are unknown otherwise', () => {
    assert.equal(messageStateOf('delivered'), MessageState.delivered);
    assert.equal(messageStateOf('Rejected'), MessageState.rejected);
    assert.equal(messageStateOf('BUFFERED'), MessageState.enroute);
    assert.equal(messageStateOf('WHATEVER'), MessageState.unknown);
    assert.equal(messageStateOf('constructor'), MessageState.unknown);
  });
});
