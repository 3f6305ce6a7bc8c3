// Durability's own proof. kill -9 keeps the page cache, so a crash test cannot tell written from synced; strace can.
// For every submit_sm_resp with ESME_ROK that left the switch: the record of that message was written to the journal,
// then a sync of that file began, then it ended well, and only then did the answer leave.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { BenchWorld, STANDARD } from '../../bench/load/bench-world.js';
import { tempFolder } from '../../bench/support/children.js';
import { sleepMs } from '../../bench/support/clock.js';
import { print, progress, readOptions } from '../../bench/support/command-line.js';
import { judge } from '../../bench/support/logs.js';
import { readTrace } from './durability-trace.js';

const STRACE = '/usr/bin/strace';
const options = readOptions({ values: ['seconds', 'rate'], flags: ['keep'] });

if (!existsSync(STRACE)) {
  progress('strace is not installed (Debian package strace); nothing was proved');
  process.exit(2);
}
const folder = tempFolder('strace', { keep: options.flag('keep') });
const trace = join(folder, 'trace');
const setting = { ...STANDARD, accounts: 10, trunks: 2, deckRows: 500, receiptDelayMs: 20, serialsMax: 100_000 };
const CALLS =
  'openat,close,write,writev,pwrite64,pwritev,sendto,sendmsg,fsync,fdatasync,sync_file_range,io_uring_enter';
// -s: whole buffers, for the record's bytes must be found in them. -y: the path or socket behind each descriptor.
const under = [STRACE, '-f', '-y', '-xx', '-s', '1048576', '-e', `trace=${CALLS}`, '-o', trace];
const bench = await BenchWorld.create(setting, {}, under);
await bench.bind({ senders: 10, bindsPerSender: 1, windowMax: 20, reconnectMs: 0 });
bench.run.generator.tell({ do: 'pace', perSec: options.number('rate', 200) });
await sleepMs(options.number('seconds', 5) * 1_000);
await bench.run.drain(true, 30_000);
const verdict = judge(await bench.run.finish(), true);
await bench.switchProcess.stop();
const proof = await readTrace(trace);
for (const violation of proof.violations.slice(0, 10)) progress(violation);
print(
  'durability under strace',
  [
    {
      accepted: verdict.accepted,
      answersSeen: proof.answers,
      answersProved: proof.proved,
      violations: proof.violations.length,
      journalWrites: proof.writes,
      syncs: proof.syncs,
    },
  ],
  'accepted',
  options.flag('json'),
);
// Every OK that the ESMEs counted must have been seen in the trace, or the proof has a hole.
if (proof.violations.length > 0 || proof.proved !== verdict.accepted || verdict.accepted === 0) process.exitCode = 1;
