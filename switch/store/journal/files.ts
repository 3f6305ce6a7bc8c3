// The file operations that the journal needs, so that tests can put a disk under it that fails, tears and forgets.

import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

export interface JournalFile {
  /** Writes at a position; answers the octets taken, which may be fewer than asked for. */
  write(bytes: Buffer, start: number, length: number, position: number): number;
  /** Everything written so far is on the medium, or this throws. */
  sync(): void;
  truncate(length: number): void;
  size(): number;
  close(): void;
}

/** One folder. Names are plain file names. Every operation may throw what `node:fs` throws. */
export interface JournalFiles {
  list(): readonly string[];
  /** Opens for reading and writing; makes the file when it is missing. */
  open(name: string): JournalFile;
  read(name: string): Buffer;
  /** The first octets of a file, fewer when it is shorter. */
  readStart(name: string, length: number): Buffer;
  rename(from: string, to: string): void;
  remove(name: string): void;
  /** Makes creations, renames and removals durable. */
  syncFolder(): void;
}

class DiskFile implements JournalFile {
  readonly #fd: number;

  constructor(path: string) {
    // 'a' would ignore positions; 'r+' fails on a missing file.
    this.#fd = openSync(path, 0o102 /* O_RDWR | O_CREAT */, 0o600);
  }

  write(bytes: Buffer, start: number, length: number, position: number): number {
    return writeSync(this.#fd, bytes, start, length, position);
  }

  sync(): void {
    fdatasyncSync(this.#fd);
  }

  truncate(length: number): void {
    ftruncateSync(this.#fd, length);
  }

  size(): number {
    return fstatSync(this.#fd).size;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The real disk. */
export class DiskFiles implements JournalFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  list(): readonly string[] {
    return readdirSync(this.#folder);
  }

  open(name: string): JournalFile {
    return new DiskFile(join(this.#folder, name));
  }

  read(name: string): Buffer {
    return readFileSync(join(this.#folder, name));
  }

  readStart(name: string, length: number): Buffer {
    const fd = openSync(join(this.#folder, name), 'r');
    try {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(fd, bytes, 0, length, 0));
    } finally {
      closeSync(fd);
    }
  }

  rename(from: string, to: string): void {
    renameSync(join(this.#folder, from), join(this.#folder, to));
  }

  remove(name: string): void {
    unlinkSync(join(this.#folder, name));
  }

  syncFolder(): void {
    const fd = openSync(this.#folder, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
