// The face of SMPP: codec and texts. Wire knowledge only, no business.

export * from './bind-fields.js';
export * from './command.js';
export * from './framer.js';
export * from './message-encode.js';
export * from './message-fields.js';
export * from './pdu-view.js';
export * from './session/index.js';
export * from './status.js';
export * from './tlv-block.js';
export * from './tlv.js';
