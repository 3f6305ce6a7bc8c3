// How a message ends: what each level pays, the record, and the receipt that the ESME is owed. Once per message.

import { invariant, MessageState, nanosToMicrosCeil, TENANT_DEPTH_MAX } from '#core';
import { type ChargeEvent, settle } from '#rating';
import { Status } from '#smpp';
import { failpoint, failpointsArmed } from '../failpoints.js';
import { OwedReceipt } from './account-desk.js';
import { encodeReceipt, isReceiptWanted } from './esme-receipt.js';
import type { MessageFlow } from './flow.js';
import { FinishFlag, PostingHead } from './journal-records.js';
import type { Lane } from './lane.js';
import { type Message, Stage } from './message.js';
import { appendFinish, Ending, isCharged } from './records.js';

export class Settlement {
  readonly #flow: MessageFlow;
  readonly #ending = new Ending();
  readonly #charged: bigint[] = new Array<bigint>(TENANT_DEPTH_MAX).fill(0n);
  #hasNoReceipt = false;

  constructor(flow: MessageFlow) {
    this.#flow = flow;
  }

  /** Ends the message: settles every level, appends its record. `slot`: the lane whose window it occupied. */
  finish(message: Message, state: MessageState, errorCode: string, doneMs: number, slot: Lane | undefined): void {
    invariant(message.stage !== Stage.finished, 'a message ended twice');
    const flow = this.#flow;
    message.stage = Stage.finished;
    message.slot = slot;
    const ending = this.#ending;
    ending.state = state;
    ending.doneMs = doneMs;
    ending.errorCode = errorCode;
    ending.flags = 0;
    ending.charged = this.#charge(message, chargeEvent(message, state, this.#hasNoReceipt));
    this.#cost(message, ending);
    this.#owe(message, ending);
    appendFinish(flow.journal, message, ending, message);
    if (failpointsArmed) failpoint('receipt.appended');
    if (message.owed !== undefined) {
      message.owed.segment = ending.segment;
      flow.segments.add(ending.segment);
    }
    flow.forget(message);
    if (message.wasSpilled) flow.spill.ended(message);
    this.#count(state);
  }

  /** Ends a message whose receipt will never come (SMPP 3.4 §5.2.28: unknown); plans say whether it is paid. */
  finishWithoutReceipt(message: Message, doneMs: number, slot: Lane | undefined): void {
    this.#hasNoReceipt = true;
    this.finish(message, MessageState.unknown, '', doneMs, slot);
    this.#hasNoReceipt = false;
  }

  #charge(message: Message, event: ChargeEvent): bigint[] {
    const { held, levels } = message;
    const charged = this.#charged;
    const owner = this.#ownerLevel(message);
    for (let level = 0; level < levels; level++) {
      const kind = message.image[message.postingsAt + level * PostingHead.bytes] as number;
      // Levels above the owner of the trunk used sold nothing.
      const pays = level < owner && isCharged(kind, event);
      const heldMicros = held[level] as bigint;
      const chargedMicros = pays ? heldMicros : 0n;
      charged[level] = chargedMicros;
      settle(message.balance(level), heldMicros, chargedMicros);
    }
    if (failpointsArmed) failpoint('receipt.settled');
    return charged;
  }

  /** How many sales lie below the owner of the trunk that was used; all of them when none was. */
  #ownerLevel(message: Message): number {
    if (message.submittedMs === 0) return message.levels;
    const trunk = this.#flow.lanes.get(message.trunkRef)?.trunk;
    const owner = trunk === undefined ? -1 : message.account.ownerRefs.indexOf(trunk.ownerRef);
    return owner < 0 ? message.levels : owner;
  }

  #cost(message: Message, ending: Ending): void {
    ending.costMicros = -1n;
    if (message.submittedMs === 0) return;
    const flow = this.#flow;
    const trunk = flow.lanes.get(message.trunkRef)?.trunk;
    if (trunk === undefined) return;
    ending.costRateNanos = message.candidateNanos(message.candidate);
    // Rounded up per message, as the carrier will.
    ending.costMicros = nanosToMicrosCeil(ending.costRateNanos * BigInt(message.segments));
    ending.costCurrency = flow.directory.decks.get(trunk.deckRef)?.currency ?? 'XXX';
    ending.costOwnerRef = trunk.ownerRef;
    ending.costDeckRef = trunk.deckRef;
  }

  #owe(message: Message, ending: Ending): void {
    ending.receiptBody = undefined;
    if (!isReceiptWanted(message.esmeReceipt, ending.state)) return;
    const flow = this.#flow;
    const desk = flow.desk(message.account);
    const body = encodeReceipt(message, ending, flow.node);
    ending.receiptBody = body;
    ending.flags |= FinishFlag.receiptOwed;
    const goesDeep = flow.receipts.goesDeep(desk);
    if (goesDeep) {
      ending.flags |= FinishFlag.receiptSpill;
      desk.deepCount++;
      return;
    }
    message.owed = new OwedReceipt(message.key, message.account.ref, body, 0, flow.clock.monotonicMs());
  }

  /** The record is on disk: the upstream may forget its receipt, and the ESME gets its own. */
  committed(message: Message): void {
    const flow = this.#flow;
    if (failpointsArmed && message.submittedMs > 0) failpoint('receipt.durable');
    message.slot?.durable();
    message.slot = undefined;
    if (message.ackAdapter !== undefined) {
      message.ackAdapter.acknowledge(message.ackToken, Status.ESME_ROK);
      message.ackAdapter = undefined;
      if (failpointsArmed) failpoint('receipt.acknowledged');
    }
    if (message.owed !== undefined) {
      flow.receipts.owe(flow.desk(message.account), message.owed);
      message.owed = undefined;
    }
  }

  #count(state: MessageState): void {
    const { counters } = this.#flow;
    counters.finished++;
    if (state === MessageState.delivered) counters.delivered++;
    else if (state === MessageState.expired) counters.expired++;
    else if (state !== MessageState.enroute) counters.failed++;
  }
}

/** What became of the message, as far as money cares. */
function chargeEvent(message: Message, state: MessageState, hasNoReceipt: boolean): ChargeEvent {
  if (message.submittedMs === 0) return 'failed-unsubmitted';
  if (hasNoReceipt) return 'no-receipt';
  if (state === MessageState.delivered) return 'delivered';
  return state === MessageState.enroute ? 'submitted' : 'undelivered';
}
