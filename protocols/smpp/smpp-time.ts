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
  const year = pair(text, 0);
  const month = pair(text, 2);
  const day = pair(text, 4);
  const hour = pair(text, 6);
  const minute = pair(text, 8);
  const second = pair(text, 10);
  const tenths = text.charCodeAt(12) - 48;
  const quarters = pair(text, 13);
  // pair() is −1 for what is no number, and OR keeps the sign.
  if ((year | month | day | hour | minute | second | quarters) < 0 || tenths < 0 || tenths > 9) return undefined;
  const timeMs = hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * MS_PER_SECOND + tenths * 100;
  const sign = text.charAt(15);
  if (sign === 'R') return { kind: 'relative', atMs: addMonths(nowMs, year * 12 + month) + day * MS_PER_DAY + timeMs };
  if (sign !== '+' && sign !== '-') return undefined;
  if (hour > 23 || minute > 59 || second > 59 || quarters > QUARTERS_MAX) return undefined;
  const fullYear = nearestYear(year, nowMs);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(fullYear, month)) return undefined;
  const offsetMs = quarters * 15 * MS_PER_MINUTE;
  const localMs = daysOf(fullYear, month, day) * MS_PER_DAY + timeMs;
  // '+': the local time is ahead of UTC.
  return { kind: 'absolute', atMs: sign === '+' ? localMs - offsetMs : localMs + offsetMs };
}

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

/** Two digits as a number, or −1. */
function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

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
