// The store thread of the three shapes that store-spike.ts compares.

import Database from 'better-sqlite3';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

export interface SpikeWorkerSetup {
  readonly shape: 'A' | 'B' | 'C';
  readonly folder: string;
  readonly segmentBytes: number;
  readonly preallocate: boolean;
}

/** One batch; `bytes` octets of records, each: u8 type, u24 length, f64 key, the rest. */
export interface SpikeBatch {
  readonly id: number;
  readonly buffer: ArrayBuffer;
  readonly bytes: number;
}

/** About a millisecond of inserts: longer chunks keep commits waiting. */
const RECORDS_PER_CHUNK = 64;
const port = parentPort!;
const setup = workerData as SpikeWorkerSetup;
const db = new Database(`${setup.folder}/spike.db`);
db.pragma('journal_mode = WAL');
db.pragma(setup.shape === 'A' ? 'synchronous = FULL' : 'synchronous = OFF');
db.pragma('wal_autocheckpoint = 4000');
db.exec(`CREATE TABLE mdr(key INTEGER PRIMARY KEY, account INTEGER, trunk INTEGER, state INTEGER, detail BLOB);
  CREATE TABLE open(key INTEGER PRIMARY KEY, upstream TEXT, image BLOB);`);
const insertMdr = db.prepare('INSERT OR IGNORE INTO mdr VALUES (?,?,?,?,?)');
const insertOpen = db.prepare('INSERT OR REPLACE INTO open VALUES (?,?,?)');
const updateOpen = db.prepare('UPDATE open SET upstream=? WHERE key=?');
const deleteOpen = db.prepare('DELETE FROM open WHERE key=?');
const begin = db.prepare('BEGIN');
const commit = db.prepare('COMMIT');

/** The journal file of shape B. */
class Segments {
  #fd = -1;
  #at = 0;
  #number = 0;

  write(batch: Buffer): void {
    if (this.#fd < 0 || this.#at + batch.length > setup.segmentBytes) this.#next();
    writeSync(this.#fd, batch, 0, batch.length, this.#at);
    this.#at += batch.length;
    fdatasyncSync(this.#fd);
  }

  #next(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = openSync(`${setup.folder}/${++this.#number}.seg`, 'w');
    this.#at = 0;
    if (!setup.preallocate) return;
    const zeros = Buffer.alloc(1 << 20);
    for (let at = 0; at < setup.segmentBytes; at += zeros.length) writeSync(this.#fd, zeros, 0, zeros.length, at);
    fdatasyncSync(this.#fd);
  }
}

function sqlPerStateChange(batch: SpikeBatch): void {
  const bytes = Buffer.from(batch.buffer, 0, batch.bytes);
  begin.run();
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUIntLE(at + 1, 3);
    const key = bytes.readDoubleLE(at + 4);
    const type = bytes[at];
    if (type === 1) insertOpen.run(key, '', bytes.subarray(at + 12, at + 4 + length));
    else if (type === 2) updateOpen.run('0123456789', key);
    else {
      deleteOpen.run(key);
      insertMdr.run(key, 1, 2, 2, bytes.subarray(at + 12, at + 4 + length));
    }
    at += 4 + length;
  }
  commit.run();
}

/** MDR rows, at most RECORDS_PER_CHUNK a transaction; `between` lets commits go first. */
function project(batch: SpikeBatch, between: () => void): void {
  const bytes = Buffer.from(batch.buffer, 0, batch.bytes);
  let rows = 0;
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUIntLE(at + 1, 3);
    if (bytes[at] === 5) {
      if (rows++ === 0) begin.run();
      insertMdr.run(bytes.readDoubleLE(at + 4), 1, 2, 2, bytes.subarray(at + 12, at + 4 + length));
      if (rows === RECORDS_PER_CHUNK) {
        commit.run();
        rows = 0;
        between();
      }
    }
    at += 4 + length;
  }
  if (rows > 0) commit.run();
}

const segments = new Segments();
const waiting: SpikeBatch[] = [];

function sync(batch: SpikeBatch): void {
  segments.write(Buffer.from(batch.buffer, 0, batch.bytes));
  port.postMessage({ id: batch.id });
  waiting.push(batch);
}

function drainPort(): void {
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    if ((next.message as unknown) === 'end') ending = true;
    else sync(next.message as SpikeBatch);
  }
}

let ending = false;

port.on('message', (message: SpikeBatch | 'end') => {
  if (message === 'end') ending = true;
  else if (setup.shape === 'A') {
    sqlPerStateChange(message);
    port.postMessage({ id: message.id, buffer: message.buffer }, [message.buffer]);
  } else if (setup.shape === 'B') {
    sync(message);
    drainPort();
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      project(next, drainPort);
      port.postMessage({ id: -1, buffer: next.buffer }, [next.buffer]);
    }
  } else {
    project(message, () => undefined);
    port.postMessage({ id: -1, buffer: message.buffer }, [message.buffer]);
  }
  if (ending) {
    db.close();
    port.close();
  }
});
