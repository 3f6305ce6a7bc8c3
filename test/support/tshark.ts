// An oracle for every PDU on the wire that shares no code with ours: packets on the loopback interface are captured while
// a test runs, and Wireshark's SMPP dissector reads them afterwards.

import { join } from 'node:path';
import { RunningProcess, runToEnd } from './processes.js';
import { makeTmpFolder, removeTmpFolder } from './tmp-folder.js';

/** What the dissector made of a capture. */
export interface Dissection {
  /** PDUs by command_id. */
  readonly commands: ReadonlyMap<number, number>;
  /** Non-zero command_status values, in order. */
  readonly faultStatuses: readonly number[];
  readonly messageIds: readonly string[];
  readonly malformedCount: number;
  /** Frame numbers and protocols of what was malformed, for the failure message. */
  readonly malformed: readonly string[];
  /** Packets the capture missed; with any, counts prove nothing. */
  readonly droppedCount: number;
}

const START_MS_MAX = 15_000;
const DISSECT_MS_MAX = 120_000;
/** Kernel buffer; enough for a second of full load. */
const BUFFER_MIB = 64;
const SETTLE_MS = 300;
const fields = ['frame.number', 'smpp.command_id', 'smpp.command_status', 'smpp.message_id', '_ws.malformed'];

/** One capture of the SMPP traffic on some loopback ports. */
export class SmppCapture {
  private readonly ports: readonly number[];
  private readonly folder = makeTmpFolder('capture');
  private readonly path = join(this.folder, 'smpp.pcapng');
  private readonly dumpcap: RunningProcess;

  private constructor(ports: readonly number[]) {
    this.ports = ports;
    const filter = ports.map((port) => `tcp port ${port}`).join(' or ');
    const args = ['-i', 'lo', '-B', String(BUFFER_MIB), '-f', filter, '-w', this.path];
    this.dumpcap = new RunningProcess('dumpcap', args);
  }

  /** Answers when packets are being captured. */
  static async start(ports: readonly number[]): Promise<SmppCapture> {
    const capture = new SmppCapture(ports);
    await capture.dumpcap.waitForOutput(/File: /, START_MS_MAX);
    return capture;
  }

  /** Ends the capture and dissects it. */
  async stop(): Promise<Dissection> {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    await this.dumpcap.stop('SIGINT');
    const dropped = /received\/dropped on interface '[^']*': \d+\/(\d+)/.exec(this.dumpcap.output)?.[1];
    if (dropped === undefined) throw new Error(`capture did not end well:\n${this.dumpcap.output}`);
    const args = ['-n', '-r', this.path, ...this.ports.flatMap((port) => ['-d', `tcp.port==${port},smpp`])];
    args.push(
      '-Y',
      'smpp or _ws.malformed',
      '-T',
      'fields',
      '-E',
      'separator=|',
      ...fields.flatMap((name) => ['-e', name]),
    );
    const run = await runToEnd('tshark', args, { timeoutMs: DISSECT_MS_MAX });
    if (run.code !== 0) throw new Error(`tshark ended with ${run.code}:\n${run.output}`);
    removeTmpFolder(this.folder);
    return dissectionOf(run.output, Number(dropped));
  }
}

function dissectionOf(lines: string, droppedCount: number): Dissection {
  const commands = new Map<number, number>();
  const faultStatuses: number[] = [];
  const messageIds: string[] = [];
  const malformed: string[] = [];
  for (const line of lines.split('\n')) {
    const columns = line.split('|');
    if (columns.length !== fields.length || !/^\d+$/.test(columns[0]!)) continue;
    const [frame, commandIds, statuses, ids, bad] = columns.map((column) =>
      column.split(',').filter((one) => one !== ''),
    );
    for (const id of commandIds!) commands.set(Number(id), (commands.get(Number(id)) ?? 0) + 1);
    for (const status of statuses!) if (Number(status) !== 0) faultStatuses.push(Number(status));
    messageIds.push(...ids!);
    for (const one of bad!) malformed.push(`frame ${frame![0]!}: ${one}`);
  }
  return { commands, faultStatuses, messageIds, malformedCount: malformed.length, malformed, droppedCount };
}
