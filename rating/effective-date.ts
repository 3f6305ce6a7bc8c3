// Dates of rate decks: ISO 8601, or a pattern such as `DD/MM/YYYY HH:mm`. Without a zone they are UTC.

const DAY_MS = 86_400_000;
/** Decks are neither older nor younger than this; a year beyond it is a misread column. */
const YEAR_MIN = 1990;
const YEAR_MAX = 2199;

export type DateReader = (text: string) => number | undefined;

interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/;

/** Epoch milliseconds, whole seconds; undefined when it is no such date. */
export function readIsoDate(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const part = (group: number): number => Number(match[group] ?? 0);
  const local = epochMs({
    year: part(1),
    month: part(2),
    day: part(3),
    hour: part(4),
    minute: part(5),
    second: part(6),
  });
  const zone = match[7];
  if (local === undefined || zone === undefined || zone === 'Z') return local;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  if (minutes > 14 * 60 || Number(zone.slice(-2)) > 59) return undefined;
  return local + (zone.startsWith('-') ? minutes : -minutes) * 60_000;
}

const TOKENS = /YYYY|YY|MM|M|DD|D|HH|mm|ss|[^A-Za-z]+|[A-Za-z]+/g;
const TOKEN_DIGITS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  YY: '(?<year>\\d{2})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
};

/**
 * A reader for a pattern of YYYY, YY (20xx), MM, M, DD, D, HH, mm, ss and signs between them; undefined when the
 * pattern names no year, month or day, names one twice, or has other letters.
 */
export function dateReaderOf(pattern: string): DateReader | undefined {
  const seen = new Set<string>();
  let source = '';
  for (const token of pattern.match(TOKENS) ?? []) {
    const digits = TOKEN_DIGITS[token];
    if (digits === undefined) {
      if (/[A-Za-z0-9]/.test(token)) return undefined;
      source += token.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
      continue;
    }
    const unit = digits.slice(3, digits.indexOf('>'));
    if (seen.has(unit)) return undefined;
    seen.add(unit);
    source += digits;
  }
  if (!seen.has('year') || !seen.has('month') || !seen.has('day')) return undefined;
  const form = new RegExp(`^${source}$`);
  return (text) => readByForm(form, text);
}

function readByForm(form: RegExp, text: string): number | undefined {
  const groups = form.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const part = (unit: string): number => Number(groups[unit] ?? 0);
  const year = part('year');
  return epochMs({
    year: year < 100 ? 2000 + year : year,
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  });
}

function epochMs(parts: DateParts): number | undefined {
  const { year, month, day, hour, minute, second } = parts;
  if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12) return undefined;
  if (day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return daysSinceEpoch(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000;
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Gregorian days since 1970-01-01, counting years from March so that the leap day comes last. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + Math.floor((marchMonth * 153 + 2) / 5) + day - 1 - 719_468;
}
