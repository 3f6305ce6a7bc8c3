// Times of SMPP 3.4 §7.1.1: YYMMDDhhmmsstnnp, absolute with a quarter-hour offset, or relative to now with p = 'R'.

import {
  dateOf,
  daysInMonth,
  daysOf,
  MS_PER_DAY,
  MS_PER_HOUR,
  MS_PER_MINUTE,
  MS_PER_SECOND,
  twoDigits,
} from './calendar.js';

export interface SmppTime {
  readonly kind: 'absolute' | 'relative';
  readonly atMs: number;
}

const TIME_CHARS = 16;
const QUARTERS_MAX = 48;
/** A relative time counts whole days in two digits of a month's days; a longer one is written as absolute. */
const RELATIVE_DAYS_MAX = 31;

/** Reads a time; undefined when no such time exists. The field itself may be relayed as it came. */
export function parseSmppTime(text: string, nowMs: number): SmppTime | undefined {
  if (text.length !== TIME_CHARS) return undefined;
  const time = readParts(text);
  if (time === undefined) return undefined;
  const sign = text.charAt(TIME_CHARS - 1);
  if (sign === 'R') {
    const atMs = addMonths(nowMs, time.year * 12 + time.month) + time.day * MS_PER_DAY + clockMs(time);
    return { kind: 'relative', atMs };
  }
  if ((sign !== '+' && sign !== '-') || time.hour > 23 || time.minute > 59 || time.second > 59) return undefined;
  const year = nearestYear(time.year, nowMs);
  if (time.month < 1 || time.month > 12 || time.day < 1 || time.day > daysInMonth(year, time.month)) return undefined;
  if (time.quarters > QUARTERS_MAX) return undefined;
  const localMs = daysOf(year, time.month, time.day) * MS_PER_DAY + clockMs(time);
  const aheadMs = time.quarters * 15 * MS_PER_MINUTE;
  // '+': the local time is ahead of UTC.
  return { kind: 'absolute', atMs: sign === '+' ? localMs - aheadMs : localMs + aheadMs };
}

interface TimeParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly tenths: number;
  readonly quarters: number;
}

/** The numbers of a time, or undefined when one of them is none. */
function readParts(text: string): TimeParts | undefined {
  const digits = text.length - 1;
  for (let at = 0; at < digits; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return undefined;
  }
  return {
    year: pair(text, 0),
    month: pair(text, 2),
    day: pair(text, 4),
    hour: pair(text, 6),
    minute: pair(text, 8),
    second: pair(text, 10),
    tenths: text.charCodeAt(12) - 0x30,
    quarters: pair(text, 13),
  };
}

const clockMs = (time: TimeParts): number =>
  time.hour * MS_PER_HOUR + time.minute * MS_PER_MINUTE + time.second * MS_PER_SECOND + time.tenths * 100;

/** Writes a time; relative ones count whole seconds from now, rounded up. undefined when no text can say it. */
export function formatSmppTime(time: SmppTime, nowMs: number): string | undefined {
  if (time.kind === 'relative') {
    const relative = formatRelative(time.atMs - nowMs);
    if (relative !== undefined) return relative;
  }
  return formatAbsolute(time.atMs, nowMs);
}

function formatRelative(durationMs: number): string | undefined {
  if (!(durationMs >= 0)) return undefined;
  const seconds = Math.ceil(durationMs / MS_PER_SECOND);
  const days = Math.floor(seconds / 86_400);
  if (days > RELATIVE_DAYS_MAX) return undefined;
  return `0000${twoDigits(days)}${clock(seconds % 86_400)}000R`;
}

function formatAbsolute(atMs: number, nowMs: number): string | undefined {
  if (!Number.isFinite(atMs)) return undefined;
  const days = Math.floor(atMs / MS_PER_DAY);
  const { year, month, day } = dateOf(days);
  // Two digits say a year only near to now.
  if (nearestYear(((year % 100) + 100) % 100, nowMs) !== year) return undefined;
  const inDayMs = atMs - days * MS_PER_DAY;
  const tenths = Math.floor((inDayMs % MS_PER_SECOND) / 100);
  const date = `${twoDigits(year % 100)}${twoDigits(month)}${twoDigits(day)}`;
  return `${date}${clock(Math.floor(inDayMs / MS_PER_SECOND))}${tenths}00+`;
}

const clock = (seconds: number): string =>
  twoDigits(Math.floor(seconds / 3_600)) + twoDigits(Math.floor(seconds / 60) % 60) + twoDigits(seconds % 60);

const pair = (text: string, at: number): number => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528;

/** The year with these last two digits that lies nearest to now: from 50 years back to 49 ahead. */
function nearestYear(lastTwo: number, nowMs: number): number {
  const first = dateOf(Math.floor(nowMs / MS_PER_DAY)).year - 50;
  return first + ((((lastTwo - first) % 100) + 100) % 100);
}

/** Now, some months on; the 31st becomes the last of a shorter month. */
function addMonths(nowMs: number, months: number): number {
  if (months === 0) return nowMs;
  const days = Math.floor(nowMs / MS_PER_DAY);
  const now = dateOf(days);
  const count = now.month - 1 + months;
  const year = now.year + Math.floor(count / 12);
  const month = (count % 12) + 1;
  const day = Math.min(now.day, daysInMonth(year, month));
  return daysOf(year, month, day) * MS_PER_DAY + (nowMs - days * MS_PER_DAY);
}
