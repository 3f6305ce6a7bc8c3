// The face of SMPP: codec and texts. Wire knowledge only, no business.

export * from './bind-fields.js';
export * from './command.js';
export * from './data-coding.js';
export * from './data-sm.js';
export * from './framer.js';
export * from './gsm7.js';
export * from './message-encode.js';
export * from './message-fields.js';
export * from './pdu-view.js';
export * from './receipt-text.js';
export * from './segments.js';
export * from './session/index.js';
export * from './smpp-time.js';
export * from './status.js';
export * from './text.js';
export * from './tlv-block.js';
export * from './tlv.js';
export * from './pdu-codec.js';
export * from './pdu-table.js';
