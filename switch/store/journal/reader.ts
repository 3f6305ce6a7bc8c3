// Reads the journal's segments in order and proves that no batch is missing.

import { AppError, type Logger } from '#core';
import { JOURNAL_VERSION } from '../../message/journal-records.js';
import type { RecordType, ReplayVisitor } from '../contract.js';
import { BatchHead, RECORD_HEAD_BYTES, RECORD_MAY_FAIL, SegmentHead } from './frame.js';
import { decodeSegmentHead, findLaterFrame, frameBatch, intactFrameBytes, type SegmentFacts } from './frame.js';
import type { JournalFiles } from './files.js';
import { listSegments, segmentName } from './segments.js';

/** A whole batch: the records are `bytes[start, end)`. */
export type BatchVisitor = (batch: {
  readonly segment: number;
  readonly batch: number;
  readonly recordVersion: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}) => void;

export interface ReadSummary {
  /** The last batch found; `firstBatchMin − 1` when there is none. */
  lastBatch: number;
  /** Every segment that holds a head, with its last batch. */
  readonly segments: { readonly segment: number; readonly lastBatch: number }[];
  /** The greatest segment number on disk, 0 when there is none. */
  lastSegment: number;
  /** Where the last segment ends, when octets behind it are no whole batch. */
  tornTail: { readonly segment: number; readonly offset: number } | undefined;
}

interface OpenedSegment {
  readonly segment: number;
  /** Undefined when no head of this segment stands there. */
  readonly facts: SegmentFacts | undefined;
}

/**
 * Visits every batch once. A batch that a failed disk made us write twice counts where it was written last: the later
 * segment's head names the first batch that it owns.
 *
 * @param batchAfter the journal must reach back to the batch behind this one: everything up to it is projected
 */
export function readBatches(
  files: JournalFiles,
  options: { readonly node: number; readonly batchAfter: number },
  visit: BatchVisitor,
): ReadSummary {
  const numbers = listSegments(files);
  const summary: ReadSummary = {
    lastBatch: options.batchAfter,
    segments: [],
    lastSegment: numbers.at(-1) ?? 0,
    tornTail: undefined,
  };
  const opened = numbers.map((segment) => openSegment(files, segment, options.node));
  let expected = 0;
  for (const [index, current] of opened.entries()) {
    if (current.facts === undefined) {
      checkHoldsNothing(files, current.segment, Math.max(expected, options.batchAfter + 1));
      continue;
    }
    const { firstBatch } = current.facts;
    const needed = expected === 0 ? options.batchAfter + 1 : expected;
    if (firstBatch > needed) throw missing(current.segment, needed, firstBatch);
    const batchEnd = opened.slice(index + 1).find((later) => later.facts !== undefined)?.facts?.firstBatch ?? Infinity;
    expected = readSegment(files, { segment: current.segment, facts: current.facts, batchEnd }, visit, summary);
    summary.segments.push({ segment: current.segment, lastBatch: expected - 1 });
  }
  if (expected > 0) summary.lastBatch = Math.max(options.batchAfter, expected - 1);
  return summary;
}

/** A file whose head never reached the disk holds no batch; if it holds one that is needed, its head was damaged. */
function checkHoldsNothing(files: JournalFiles, segment: number, batchMin: number): void {
  if (findLaterFrame(files.read(segmentName(segment)), 0, batchMin) >= 0) throw damaged(segment, 0, batchMin);
}

function openSegment(files: JournalFiles, segment: number, node: number): OpenedSegment {
  const facts = decodeSegmentHead(files.readStart(segmentName(segment), SegmentHead.bytes));
  if (facts === 'newer' || (facts !== undefined && facts.recordVersion > JOURNAL_VERSION)) {
    throw new AppError('MX1305', `Journal segment ${segmentName(segment)} was written by a newer version.`, {
      next: 'Start the version that wrote it, or a later one.',
    });
  }
  // A reused file whose new head never reached the disk still carries its old head.
  if (facts === undefined || facts.segment !== segment) return { segment, facts: undefined };
  if (facts.node !== node) {
    throw new AppError('MX1301', `Journal segment ${segmentName(segment)} belongs to node ${facts.node}, not ${node}.`);
  }
  return { segment, facts };
}

/** Answers the batch expected next. */
function readSegment(
  files: JournalFiles,
  { segment, facts, batchEnd }: { segment: number; facts: SegmentFacts; batchEnd: number },
  visit: BatchVisitor,
  summary: ReadSummary,
): number {
  const bytes = files.read(segmentName(segment));
  let expected = facts.firstBatch;
  let at: number = SegmentHead.bytes;
  while (expected < batchEnd) {
    const frameBytes = intactFrameBytes(bytes, at);
    if (frameBytes === 0 || frameBatch(bytes, at) !== expected) break;
    visit({
      segment,
      batch: expected,
      recordVersion: facts.recordVersion,
      bytes,
      start: at + BatchHead.bytes,
      end: at + frameBytes,
    });
    at += frameBytes;
    expected++;
  }
  if (expected >= batchEnd) return expected;
  const later = findLaterFrame(bytes, at, expected);
  if (later >= 0 || batchEnd !== Infinity) throw damaged(segment, at, expected);
  if (hasOctets(bytes, at)) summary.tornTail = { segment, offset: at };
  return expected;
}

function hasOctets(bytes: Buffer, from: number): boolean {
  const end = Math.min(bytes.length, from + BatchHead.bytes);
  for (let at = from; at < end; at++) if (bytes[at] !== 0) return true;
  return false;
}

function damaged(segment: number, offset: number, batch: number): AppError {
  return new AppError(
    'MX1303',
    `The journal is damaged: ${segmentName(segment)} at octet ${offset}, batch ${batch}, with whole batches behind it.`,
    { next: 'Restore the latest backup, or move the file away and accept the loss of what it holds.' },
  );
}

function missing(segment: number, expected: number, found: number): AppError {
  return new AppError(
    'MX1303',
    `The journal is damaged: ${segmentName(segment)} at octet 0 begins with batch ${found}, but batch ${expected} is missing.`,
    { next: 'Put the missing segment file back, or restore the latest backup.' },
  );
}

/** Calls `visit` for each record of `bytes[start, end)`; payloads of older versions are brought up to date here. */
export function visitRecords(
  batch: Parameters<BatchVisitor>[0],
  visit: ReplayVisitor,
  upgrade: RecordUpgrade = upgradeRecord,
): void {
  let at = batch.start;
  while (at < batch.end) {
    const type = ((batch.bytes[at] as number) & ~RECORD_MAY_FAIL) as RecordType;
    const payload = at + RECORD_HEAD_BYTES;
    const length = batch.bytes.readUIntLE(at + 1, 3);
    if (batch.recordVersion === JOURNAL_VERSION) {
      visit(type, batch.bytes, payload, payload + length, batch.segment, batch.batch);
    } else {
      const current = upgrade(batch.recordVersion, type, batch.bytes.subarray(payload, payload + length));
      visit(type, current, 0, current.length, batch.segment, batch.batch);
    }
    at = payload + length;
  }
}

/** Answers the payload in today's layout. */
export type RecordUpgrade = (version: number, type: RecordType, payload: Buffer) => Buffer;

/** One case per retired JOURNAL_VERSION; today's never comes here. */
function upgradeRecord(version: number): Buffer {
  throw new AppError('MX1303', `The journal holds records of version ${version}, which never existed.`);
}

/** Cuts a torn tail off, so that what no one was promised is never read again. */
export function cutTornTail(files: JournalFiles, summary: ReadSummary, log: Logger): void {
  const torn = summary.tornTail;
  if (torn === undefined) return;
  const file = files.open(segmentName(torn.segment));
  const droppedBytes = file.size() - torn.offset;
  file.truncate(torn.offset);
  file.sync();
  file.close();
  log.warn({ file: segmentName(torn.segment), offset: torn.offset, droppedBytes }, 'journal tail was torn and is cut');
}
