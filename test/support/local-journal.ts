// A journal writer with its segments in the same thread, on any disk: what the store does, without threads or SQL.

import { silentLogger, systemClock } from '#core';
import type { JournalFiles } from '../../switch/store/journal/files.js';
import { sealFrame } from '../../switch/store/journal/frame.js';
import { cutTornTail, readBatches, visitRecords } from '../../switch/store/journal/reader.js';
import { Segments } from '../../switch/store/journal/segments.js';
import { JournalWriter } from '../../switch/store/journal/writer.js';
import { PowerCut } from './faulty-disk.js';

export interface LocalJournal {
  readonly journal: JournalWriter;
  readonly segments: Segments;
  /** True once the power was cut: nothing is answered any more. */
  readonly isDead: () => boolean;
}

export function openLocalJournal(files: JournalFiles, segmentBytes = 4_096, retryMs = 250): LocalJournal {
  const summary = readBatches(files, { node: 1, batchAfter: 0 }, () => undefined);
  cutTornTail(files, summary, silentLogger);
  const segments = new Segments({ files, node: 1, segmentBytes, nextSegment: summary.lastSegment + 1 });
  for (const { segment, lastBatch } of summary.segments) segments.remember(segment, lastBatch);
  let isDead = false;
  const journal: JournalWriter = new JournalWriter({
    clock: systemClock,
    log: silentLogger,
    batch: summary.lastBatch + 1,
    segment: segments.segment,
    projectedBatch: 0,
    retryMs,
    port: {
      commit: ({ batch, buffer, bytes, records }) => {
        const frame = Buffer.from(buffer, 0, bytes);
        try {
          sealFrame(frame, { batch, records, atMs: 0 });
          segments.append(frame, batch);
        } catch (cause) {
          if (cause instanceof PowerCut || isDead) isDead = true;
          else setImmediate(() => journal.failed(buffer, String(cause)));
          return;
        }
        setImmediate(() => {
          journal.committed(segments.segment);
          journal.recycle(buffer);
        });
      },
      releaseSegmentsBelow: (segment) => segments.release(segment, Infinity),
      close: () => {
        segments.close();
        return Promise.resolve();
      },
    },
  });
  return { journal, segments, isDead: () => isDead };
}

/** The first number of every record on this disk, in order. */
export function keysOn(files: JournalFiles, batchAfter = 0): number[] {
  const keys: number[] = [];
  readBatches(files, { node: 1, batchAfter }, (batch) => {
    visitRecords(batch, (_type, buffer, start) => keys.push(buffer.readDoubleLE(start)));
  });
  return keys;
}
