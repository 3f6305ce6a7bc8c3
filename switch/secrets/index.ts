// How secrets are kept: hashed where only a check is needed, encrypted where they must be read back.

export * from './cipher.js';
export * from './key-file.js';
export * from './keys.js';
export * from './passwords.js';
