// Why a trunk or an account cannot be removed yet: its messages or receipts would have nobody to go to.

import type { Kind } from './directory/index.js';
import type { AccountDesk } from './message/account-desk.js';
import type { MessageFlow } from './message/flow.js';
import type { ReceiptFate } from './message/mdr.js';
import type { Message } from './message/message.js';

/** One sentence why the row must stay; undefined when nothing open names it. */
export async function whyInUse(flow: MessageFlow, kind: Kind, ref: number): Promise<string | undefined> {
  if (kind === 'trunk') return whyTrunkInUse(flow, ref);
  if (kind === 'account') return whyAccountInUse(flow, ref);
  return undefined;
}

async function whyTrunkInUse(flow: MessageFlow, trunkRef: number): Promise<string | undefined> {
  const lane = flow.lanes.get(trunkRef);
  if (lane !== undefined) {
    const queued = lane.queue.size + lane.deepCount;
    if (queued > 0) return `${queued} messages wait for it`;
    if (lane.unsettled > 0) return `${lane.unsettled} messages are on their way through it`;
    if (lane.awaiting.size > 0) return `${lane.awaiting.size} messages wait for its receipts`;
  }
  if (isOpen(flow, (message) => message.trunkRef === trunkRef)) return 'messages are open on it';
  const isOnDisk = await flow.store.records.hasSpilled({ trunkRef });
  return isOnDisk ? 'messages on disk wait for it or for its receipts' : undefined;
}

async function whyAccountInUse(flow: MessageFlow, accountRef: number): Promise<string | undefined> {
  if (isOpen(flow, (message) => message.account.ref === accountRef)) return 'it has open messages';
  const desk = flow.desks.get(accountRef);
  if (desk !== undefined) {
    const owed = desk.owed.size + desk.deepCount;
    if (owed > 0) return `it is owed ${owed} receipts`;
    if (desk.receivers.length > 0 && receiptsUnanswered(flow) > 0) return 'receipts may be on their way to it';
  }
  const { records } = flow.store;
  if ((await records.pendingReceipts(accountRef, -1, 1)).length > 0) return 'it is owed receipts that wait on disk';
  return (await records.hasSpilled({ accountRef })) ? 'it has open messages on disk' : undefined;
}

function isOpen(flow: MessageFlow, isIt: (message: Message) => boolean): boolean {
  for (let at = flow.open.oldest; at !== undefined; at = at.openAfter) if (isIt(at)) return true;
  return false;
}

/** Receipts sent to any ESME and not answered yet. */
export function receiptsUnanswered(flow: MessageFlow): number {
  const { sent, done, returned } = flow.receipts.counters;
  return sent - done - returned;
}

/** What became of the receipt that an ended message owed. Owed ones are in memory or rows, over restarts too. */
export async function receiptFate(flow: MessageFlow, accountRef: number, key: number): Promise<ReceiptFate> {
  const desk = flow.desks.get(accountRef);
  if (desk !== undefined && isOwedInMemory(desk, key)) return 'owed';
  const onDisk = await flow.store.records.receiptOnDisk(key);
  if (onDisk !== undefined) return onDisk;
  // Between memory and the ESME's answer a receipt is known to its bind alone.
  const mayBeUnanswered = desk !== undefined && desk.receivers.length > 0 && receiptsUnanswered(flow) > 0;
  return mayBeUnanswered ? 'sent' : 'acknowledged';
}

function isOwedInMemory({ owed }: AccountDesk, key: number): boolean {
  let isFound = false;
  // A queue can only be turned: each one is taken out in front and put back behind.
  for (let left = owed.size; left > 0; left--) {
    const receipt = owed.shift();
    if (receipt === undefined) break;
    isFound ||= receipt.key === key;
    owed.push(receipt);
  }
  return isFound;
}
