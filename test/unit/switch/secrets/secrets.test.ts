import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  hashKey,
  hashPassword,
  isKey,
  isKeyHash,
  isPasswordHash,
  newKey,
  newPassword,
  openKeyFile,
  SecretBox,
  verifyPassword,
} from '../../../../switch/secrets/index.js';

describe('account passwords', () => {
  it('verify against their own hash alone, and never show in it', async () => {
    const hash = await hashPassword('s3cret');
    assert.ok(isPasswordHash(hash));
    assert.doesNotMatch(hash, /s3cret/);
    assert.equal(await verifyPassword('s3cret', hash), true);
    assert.equal(await verifyPassword('s3creT', hash), false);
  });

  it('hash differently each time', async () => {
    assert.notEqual(await hashPassword('same'), await hashPassword('same'));
  });

  it('never match a damaged hash, nor one that would eat the memory', async () => {
    for (const bad of [
      '',
      'scrypt$',
      'scrypt$16385$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAA==',
      'scrypt$67108864$99$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAA==',
    ]) {
      assert.equal(isPasswordHash(bad), false, bad);
      assert.equal(await verifyPassword('x', bad), false);
    }
  });

  it('are made readable, eight characters long and different', () => {
    const made = new Set(Array.from({ length: 100 }, newPassword));
    assert.equal(made.size, 100);
    for (const password of made) assert.match(password, /^[a-km-np-z2-9]{8}$/);
  });
});

describe('sealed secrets', () => {
  const box = new SecretBox(Buffer.alloc(32, 7));

  it('open for their owner', () => {
    assert.equal(box.open(box.seal('pässword', 'trunk/a/password'), 'trunk/a/password'), 'pässword');
  });

  it('do not open for another row, another key, or when any octet changed', () => {
    const sealed = box.seal('password', 'trunk/a/password');
    assert.equal(box.open(sealed, 'trunk/b/password'), undefined);
    assert.equal(new SecretBox(Buffer.alloc(32, 8)).open(sealed, 'trunk/a/password'), undefined);
    const bytes = Buffer.from(sealed.slice('aes256gcm$'.length), 'base64');
    for (let at = 0; at < bytes.length; at++) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ 1;
      assert.equal(box.open(`aes256gcm$${altered.toString('base64')}`, 'trunk/a/password'), undefined);
    }
    assert.equal(box.open('password', 'trunk/a/password'), undefined);
    assert.equal(box.open('aes256gcm$AAAA', 'trunk/a/password'), undefined);
  });

  it('look different each time', () => {
    assert.notEqual(box.seal('x', 'o'), box.seal('x', 'o'));
  });
});

describe('the key file', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'mx-key-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made once, for its owner only, and read again', () => {
    const path = join(folder, 'key');
    const key = openKeyFile(path);
    assert.equal(key.length, 32);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(openKeyFile(path), key);
    assert.deepEqual(readFileSync(path), key);
  });

  it('is refused with MX1601 when others may read it', () => {
    const path = join(folder, 'key');
    openKeyFile(path);
    chmodSync(path, 0o640);
    assert.throws(() => openKeyFile(path), { code: 'MX1601', next: `chmod 600 ${path}` });
  });

  it('is refused with MX1601 when it has another size', () => {
    const path = join(folder, 'key');
    writeFileSync(path, 'short', { mode: 0o600 });
    assert.throws(() => openKeyFile(path), { code: 'MX1601' });
  });

  it('is refused with MX1601 when it cannot be made', () => {
    assert.throws(() => openKeyFile(join(folder, 'no', 'such', 'key')), { code: 'MX1601' });
  });
});

describe('HTTP keys', () => {
  it('are told by form and kept as SHA-256', () => {
    const key = newKey();
    assert.ok(isKey(key));
    assert.ok(isKeyHash(hashKey(key)));
    assert.equal(isKey('mxk_guessable'), false);
    assert.equal(hashKey('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
