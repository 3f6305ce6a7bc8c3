import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '#core';
import {
  DEFAULT_SETTINGS_TEXT,
  faultsError,
  listenError,
  loadSettings,
  parseSettings,
  YamlFile,
} from '../../../../switch/config/index.js';
import { z } from 'zod';

const parse = (text: string, environment: Record<string, string> = {}) => parseSettings('m.yaml', text, environment);

function faultOf(text: string, environment: Record<string, string> = {}): string {
  try {
    parse(text, environment);
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'MX1101');
    return error.message;
  }
  return assert.fail('the settings were taken');
}

describe('settings', () => {
  it('printed as defaults are the defaults', () => {
    assert.deepEqual(parse(DEFAULT_SETTINGS_TEXT), parse(''));
  });

  it('listen on this machine alone unless told otherwise', () => {
    const settings = parse('');
    assert.equal(settings.smpp.listeners[0]?.host, '127.0.0.1');
    assert.equal(settings.smpp.listeners[0].port, 2775);
    assert.equal(settings.http.host, '127.0.0.1');
  });

  it('name file, line and field of each fault', () => {
    const message = faultOf('node: 1\nsmpp:\n  listeners:\n    - port: 99999\nhttp:\n  prot: 1\n');
    assert.deepEqual(message.split('\n'), [
      'm.yaml:4: smpp.listeners[0].port: must be at most 65535',
      'm.yaml:6: http.prot: there is no such setting',
    ]);
  });

  it('say where the YAML itself is broken', () => {
    assert.match(faultOf('node: 1\nhttp: [1,\n'), /^m\.yaml:\d: /);
    assert.match(faultOf('node: 1\nnode: 2\n'), /^m\.yaml:2: .*unique/);
    assert.match(faultOf('- a\n- b\n'), /must be a list of settings/);
  });

  it('refuse a misspelt word for a level', () => {
    assert.match(faultOf('log:\n  level: loud\n'), /^m\.yaml:2: log\.level: must be one of debug/);
  });

  it('take the environment over the file', () => {
    const settings = parse('http:\n  port: 1\n', {
      MATRIOSKA_HTTP_PORT: '9090',
      MATRIOSKA_SMPP_PORT: '2776',
      MATRIOSKA_SMPP_ENQUIRE_LINK_MS: '5000',
      MATRIOSKA_DATA_FOLDER: '/x',
      MATRIOSKA_SANDBOX: 'false',
      MATRIOSKA_LOG_LEVEL: 'warn',
      OTHER: '1',
    });
    assert.equal(settings.http.port, 9090);
    assert.equal(settings.smpp.listeners[0]?.port, 2776);
    assert.equal(settings.smpp.enquireLinkMs, 5000);
    assert.equal(settings.dataFolder, '/x');
    assert.equal(settings.sandbox, false);
    assert.equal(settings.log.level, 'warn');
  });

  it('name the variable at fault, also one that is misspelt', () => {
    assert.match(faultOf('', { MATRIOSKA_HTTP_PORT: 'http' }), /^environment: MATRIOSKA_HTTP_PORT: must be a whole/i);
    assert.match(faultOf('', { MATRIOSKA_SMPP_PRT: '1' }), /^environment: MATRIOSKA_SMPP_PRT: there is no such/);
  });

  it('stop a file of aliases that would grow without end', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map((name, at) => {
        const before = 'abcdefgh'.charAt(at);
        return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`;
      }),
    ].join('\n');
    assert.match(faultOf(bomb), /alias/i);
  });
});

describe('reading the settings file', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'mx-config-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('does without a file unless one is named', () => {
    const settings = loadSettings({ workingFolder: folder });
    assert.equal(settings.dataFolder, join(folder, 'data'));
    assert.equal(settings.adminSocket, join(folder, 'data', 'admin.sock'));
    assert.equal(settings.keyFile, join(folder, 'data', 'key'));
    assert.throws(() => loadSettings({ file: join(folder, 'no.yaml') }), { code: 'MX1102' });
  });

  it('starts relative paths at the folder of the file', () => {
    const file = join(folder, 'matrioska.yaml');
    writeFileSync(file, 'dataFolder: d\nsmpp:\n  listeners:\n    - tls: { cert: c.pem, key: k.pem }\n');
    const settings = loadSettings({ file, workingFolder: '/' });
    assert.equal(settings.dataFolder, join(folder, 'd'));
    assert.deepEqual(settings.smpp.listeners[0]?.tls, { cert: join(folder, 'c.pem'), key: join(folder, 'k.pem') });
  });
});

describe('YAML values', () => {
  it('keep telephone numbers and money as they were written', () => {
    const yaml = new YamlFile('f', 'a: 0123\nb: 1.10\nc: 393331234567890123\nd: 12\ne: "12"\nf: 0x10\n');
    assert.deepEqual(yaml.read(z.record(z.string(), z.unknown())), {
      a: '0123',
      b: '1.10',
      c: '393331234567890123',
      d: 12,
      e: '12',
      f: '0x10',
    });
  });
});

describe('many faults', () => {
  it('are listed up to a limit and then counted', () => {
    const faults = Array.from({ length: 130 }, (_, at) => ({ file: 'f', line: at + 1, field: 'x', message: 'bad' }));
    const lines = faultsError('MX1401', faults, 'fix it').message.split('\n');
    assert.equal(lines.length, 101);
    assert.equal(lines.at(-1), 'and 30 more');
  });
});

describe('a listener that fails', () => {
  it('is explained by its cause', () => {
    const codeOf = (code: string) => listenError(Object.assign(new Error('x'), { code }), 'SMPP on 127.0.0.1:2775');
    assert.equal(codeOf('EADDRINUSE').code, 'MX1201');
    assert.equal(codeOf('EADDRINUSE').message, 'SMPP on 127.0.0.1:2775 is in use by another program');
    for (const code of ['EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EIO']) assert.equal(codeOf(code).code, 'MX1202');
  });
});
