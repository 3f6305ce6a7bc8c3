// A message's story for people: moments in UTC to the millisecond, and how long each part took.

type Fields = Readonly<Record<string, unknown>>;

/** Each moment becomes a line with the time since the one before it; what never happened is left out. */
export function readableStory(story: Fields): Fields {
  const readable: Record<string, unknown> = {};
  let beforeMs = 0;
  for (const [name, value] of Object.entries(story)) {
    if (!name.endsWith('Ms') || typeof value !== 'number') {
      readable[name] = name === 'attempts' && Array.isArray(value) ? value.map(readableAttempt) : value;
      continue;
    }
    if (value === 0) continue;
    readable[name.slice(0, -2)] = beforeMs === 0 ? utc(value) : `${utc(value)} (+${Math.round(value - beforeMs)} ms)`;
    beforeMs = value;
  }
  return readable;
}

function readableAttempt(attempt: Fields): Fields {
  const { atMs, ...rest } = attempt;
  return { ...rest, at: typeof atMs === 'number' ? utc(atMs) : '' };
}

const utc = (ms: number): string => new Date(ms).toISOString();
