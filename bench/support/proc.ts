// CPU and memory of another process, from /proc: all its threads, and each by name.

import { readFileSync, readdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

const ticksPerSec = ((): number => {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  } catch {
    return 100; // Linux on every platform that Node runs on.
  }
})();

/** proc(5): utime and stime are fields 14 and 15; the name in parentheses may hold anything, so count behind it. */
function cpuOfStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSec;
}

/** User and system CPU of the process in microseconds, dead threads included; in steps of 10 ms. */
export const cpuMicrosOf = (pid: number): number => cpuOfStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));

export interface ThreadCpu {
  readonly tid: number;
  readonly name: string;
  readonly cpuMicros: number;
}

/** CPU of each thread alive. */
export function threadsOf(pid: number): ThreadCpu[] {
  const threads: ThreadCpu[] = [];
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    try {
      const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'utf8');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      threads.push({ tid: Number(tid), name, cpuMicros: cpuOfStat(stat) });
    } catch {
      // The thread ended between the listing and the reading.
    }
  }
  return threads;
}

/** The threads that used CPU between two looks, busiest first, in microseconds. */
export function threadsBetween(before: readonly ThreadCpu[], after: readonly ThreadCpu[]): ThreadCpu[] {
  const start = new Map(before.map((thread) => [thread.tid, thread.cpuMicros]));
  return after
    .map((thread) => ({ ...thread, cpuMicros: thread.cpuMicros - (start.get(thread.tid) ?? 0) }))
    .filter((thread) => thread.cpuMicros > 0)
    .sort((a, b) => b.cpuMicros - a.cpuMicros);
}

function statusKb(pid: number, label: string): number {
  const match = new RegExp(`^${label}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return match === null ? 0 : Number(match[1]);
}

export const rssKbOf = (pid: number): number => statusKb(pid, 'VmRSS');
export const rssPeakKbOf = (pid: number): number => statusKb(pid, 'VmHWM');

/** How busy the machine is with all else; a figure measured on a loaded machine says so. */
export const loadAverage = (): number => Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
