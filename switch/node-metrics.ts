// What a node counts, offered to whoever scrapes. Hot code owns the integers; here they are only named.

import type { Metrics, MetricSample } from '#core';
import type { Lane } from './message/lane.js';
import type { SwitchNode } from './node.js';

const NO_LABELS: Readonly<Record<string, string>> = {};
const one = (value: number): readonly MetricSample[] => [{ labels: NO_LABELS, value }];

type Offer = readonly [name: string, type: 'counter' | 'gauge', help: string, read: () => number];

export function offerMetrics(metrics: Metrics, node: SwitchNode): void {
  for (const [name, type, help, read] of scalars(node)) {
    metrics.add({ name: `matrioska_${name}`, help, type, read: () => one(read()) });
  }
  offerTrunks(metrics, node);
  metrics.addHistogram({
    name: 'matrioska_journal_commit_milliseconds',
    help: 'From hand-over of a batch to its being on disk',
    histogram: node.store.journal.counters.commitMs,
  });
}

function scalars(node: SwitchNode): readonly Offer[] {
  const { flow, smpp, store } = node;
  const { counters: journal } = store.journal;
  const { receipts, match, spill } = flow;
  return [
    ['messages_accepted_total', 'counter', 'Messages promised to their senders', () => flow.counters.accepted],
    ['messages_submitted_total', 'counter', 'Messages that a carrier took', () => flow.counters.submitted],
    ['messages_finished_total', 'counter', 'Messages that ended', () => flow.counters.finished],
    ['messages_delivered_total', 'counter', 'Messages delivered, as their receipts say', () => flow.counters.delivered],
    ['messages_failed_total', 'counter', 'Messages that ended undelivered', () => flow.counters.failed],
    ['messages_expired_total', 'counter', 'Messages whose validity ended first', () => flow.counters.expired],
    ['messages_retried_total', 'counter', 'Pauses before another round of attempts', () => flow.counters.retried],
    ['messages_failed_over_total', 'counter', 'Moves to the next candidate', () => flow.counters.failedOver],
    [
      'messages_disk_refused_total',
      'counter',
      'Messages refused because the disk failed',
      () => flow.counters.diskRefused,
    ],
    ['messages_open', 'gauge', 'Messages in memory', () => flow.open.size],
    ['messages_spilled_total', 'counter', 'Messages moved to rows on disk', () => spill.counters.spilled],
    ['messages_read_back_total', 'counter', 'Messages read back from disk', () => spill.counters.readBack],
    ['receipts_matched_total', 'counter', 'Carrier receipts matched to their message', () => match.counters.matched],
    ['receipts_early_total', 'counter', 'Carrier receipts that beat their submit_sm_resp', () => match.counters.early],
    ['receipts_from_disk_total', 'counter', 'Carrier receipts of spilled messages', () => match.counters.fromDisk],
    ['receipts_unmatched_total', 'counter', 'Carrier receipts that nobody claims', () => match.counters.unmatched],
    [
      'receipts_wrong_number_total',
      'counter',
      'Carrier receipts naming another number',
      () => match.counters.wrongNumber,
    ],
    ['receipts_parked', 'gauge', 'Carrier receipts waiting for their message', () => match.parkedCount],
    ['receipts_owed_total', 'counter', 'Receipts owed to ESMEs', () => receipts.counters.owed],
    ['receipts_sent_total', 'counter', 'deliver_sm with a receipt sent to ESMEs', () => receipts.counters.sent],
    ['receipts_acknowledged_total', 'counter', 'Receipts that ESMEs acknowledged', () => receipts.counters.done],
    ['receipts_returned_total', 'counter', 'Receipts that ESMEs did not take', () => receipts.counters.returned],
    ['receipts_expired_total', 'counter', 'Receipts nobody fetched in time', () => receipts.counters.expired],
    ['smpp_sessions', 'gauge', 'Open connections of ESMEs', () => smpp.sessions],
    ['smpp_sessions_bound', 'gauge', 'Bound sessions of ESMEs', () => smpp.boundSessions],
    ['smpp_binds_total', 'counter', 'Binds accepted', () => smpp.counters.binds],
    ['smpp_binds_refused_total', 'counter', 'Binds refused', () => smpp.counters.bindsRefused],
    ['smpp_binds_locked_out_total', 'counter', 'Binds refused while locked out', () => smpp.counters.lockedOut],
    ['journal_records_total', 'counter', 'Records appended', () => journal.records],
    ['journal_bytes_total', 'counter', 'Octets appended', () => journal.bytes],
    ['journal_syncs_total', 'counter', 'Syncs to disk', () => journal.syncs],
    ['journal_failures_total', 'counter', 'Writes or syncs that the disk refused', () => journal.failures],
    ['journal_pending_bytes', 'gauge', 'Octets not durable yet', () => store.journal.pendingBytes],
    ['journal_batch', 'gauge', 'Number of the batch being filled', () => store.journal.batch],
    ['journal_projected_batch', 'gauge', 'Last batch projected to SQL', () => store.journal.projectedBatch],
  ];
}

/** Per trunk: ids come from provisioning, so their number is bounded by it. */
function offerTrunks(metrics: Metrics, node: SwitchNode): void {
  const perTrunk = (name: string, type: 'counter' | 'gauge', help: string, read: (lane: Lane) => number): void =>
    metrics.add({
      name: `matrioska_trunk_${name}`,
      help,
      type,
      read: () =>
        [...node.flow.lanes.values()].map((lane) => ({ labels: { trunk: lane.trunk.id }, value: read(lane) })),
    });
  perTrunk('up', 'gauge', '1 while the trunk takes traffic', (lane) => (lane.adapter.state === 'up' ? 1 : 0));
  perTrunk('queue', 'gauge', 'Messages queued in memory', (lane) => lane.queue.size);
  perTrunk('queue_on_disk', 'gauge', 'Messages queued on disk', (lane) => lane.deepCount);
  perTrunk('awaiting_receipt', 'gauge', 'Messages in memory that wait for their receipt', (lane) => lane.awaiting.size);
  perTrunk('in_flight', 'gauge', 'Unanswered submissions', (lane) => lane.adapter.counters.inFlight);
  perTrunk('submitted_total', 'counter', 'submit_sm sent', (lane) => lane.adapter.counters.submitted);
  perTrunk('accepted_total', 'counter', 'submit_sm accepted', (lane) => lane.adapter.counters.accepted);
  perTrunk('refused_total', 'counter', 'submit_sm refused', (lane) => lane.adapter.counters.refused);
  perTrunk('throttled_total', 'counter', 'submit_sm throttled', (lane) => lane.adapter.counters.throttled);
  perTrunk('unanswered_total', 'counter', 'submit_sm never answered', (lane) => lane.adapter.counters.unanswered);
  perTrunk('receipts_total', 'counter', 'Receipts received', (lane) => lane.adapter.counters.receipts);
  perTrunk('reconnects_total', 'counter', 'Links opened anew', (lane) => lane.adapter.counters.reconnects);
  perTrunk('binds_up', 'gauge', 'Binds that are up', (lane) => lane.adapter.counters.bindsUp);
}
