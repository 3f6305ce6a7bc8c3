import assert from 'node:assert/strict';
import { readableStory } from '../../../../switch/cli/story.js';

const ACCEPTED_MS = Date.UTC(2026, 10, 22, 10, 0, 0, 7);

describe('a story for people', () => {
  it('tells moments in UTC to the millisecond, and how long after the one before', () => {
    const story = { id: '1', acceptedMs: ACCEPTED_MS, submittedMs: ACCEPTED_MS + 12, doneMs: ACCEPTED_MS + 1_246 };
    assert.deepEqual(readableStory({ ...story, attempts: [{ trunk: 'a', atMs: ACCEPTED_MS }] }), {
      id: '1',
      accepted: '2026-11-22T10:00:00.007Z',
      submitted: '2026-11-22T10:00:00.019Z (+12 ms)',
      done: '2026-11-22T10:00:01.253Z (+1234 ms)',
      attempts: [{ trunk: 'a', at: '2026-11-22T10:00:00.007Z' }],
    });
  });

  it('leaves out what never happened', () => {
    const story = readableStory({ acceptedMs: ACCEPTED_MS, submittedMs: 0, doneMs: ACCEPTED_MS + 5 });
    assert.deepEqual(Object.keys(story), ['accepted', 'done']);
    assert.match(String(story['done']), /\(\+5 ms\)$/);
  });
});
