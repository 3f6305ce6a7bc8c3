// The journal thread: writes batches and syncs them, and nothing else, so that an acceptance never waits for SQL.

import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { invariant, systemClock } from '#core';
import { DiskFiles } from '../journal/files.js';
import { sealFrame } from '../journal/frame.js';
import { Segments } from '../journal/segments.js';
import { toRefusal } from './failure.js';
import { journalFolder } from './main-db.js';
import type { JournalAnswer, JournalRequest, JournalThreadSetup, ProjectRequest, ReleasableNote } from './protocol.js';

class JournalThread {
  readonly #port: MessagePort;
  readonly #projector: MessagePort;
  readonly #segments: Segments;
  /** Segments below this one hold nothing that is still open. */
  #releasedBelow = 0;
  /** Everything up to this batch is in SQL, and the note of that is on the medium. */
  #releasableBatch = 0;
  #isHeld = false;

  constructor(port: MessagePort, setup: JournalThreadSetup) {
    this.#port = port;
    this.#projector = setup.projector;
    const files = new DiskFiles(journalFolder(setup.folder));
    const { node, segmentBytes, nextSegment } = setup;
    this.#segments = new Segments({ files, node, segmentBytes, nextSegment });
    for (const { segment, lastBatch } of setup.closed) this.#segments.remember(segment, lastBatch);
    port.on('message', (request: JournalRequest) => this.#request(request));
    this.#projector.on('message', (note: ReleasableNote) => {
      this.#releasableBatch = note.batch;
      this.#release();
    });
  }

  #request(request: JournalRequest): void {
    switch (request.op) {
      case 'commit':
        this.#commit(request);
        break;
      case 'release':
        this.#releasedBelow = Math.max(this.#releasedBelow, request.segment);
        this.#release();
        break;
      case 'hold':
        this.#isHeld = request.isHeld;
        this.#tell({ op: 'answer', id: request.id, value: undefined });
        break;
      case 'close':
        this.#segments.close();
        this.#projector.postMessage({ op: 'end' } satisfies ProjectRequest);
        this.#projector.close();
        this.#tell({ op: 'answer', id: request.id, value: undefined });
        this.#port.close();
        break;
    }
  }

  #commit(request: Extract<JournalRequest, { op: 'commit' }>): void {
    const { batch, buffer, bytes, records } = request;
    const frame = Buffer.from(buffer, 0, bytes);
    try {
      sealFrame(frame, { batch, records, atMs: systemClock.wallMs() });
      this.#segments.append(frame, batch);
    } catch (cause) {
      this.#port.postMessage({ op: 'failed', buffer, why: toRefusal(cause).message } satisfies JournalAnswer, [buffer]);
      return;
    }
    this.#tell({ op: 'committed', segment: this.#segments.segment });
    this.#projector.postMessage({ op: 'project', batch, buffer, bytes } satisfies ProjectRequest, [buffer]);
  }

  #release(): void {
    if (this.#isHeld) return;
    try {
      this.#segments.release(this.#releasedBelow, this.#releasableBatch);
    } catch {
      // A disk that cannot remove a file is asked again at the next occasion.
    }
  }

  #tell(answer: JournalAnswer): void {
    this.#port.postMessage(answer);
  }
}

invariant(parentPort !== null, 'the journal thread was started as a program');
new JournalThread(parentPort, workerData as JournalThreadSetup);
