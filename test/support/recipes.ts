// Reads the runnable parts of a page: fenced blocks marked `sh run`, each followed, where it matters, by a block marked
// `text expect` whose lines must appear in that order in what the commands print (`…` stands for anything in a line).

export interface Recipe {
  /** The heading it stands under. */
  readonly title: string;
  readonly script: string;
  /** Patterns of the lines expected. */
  readonly expected: readonly RegExp[];
}

const FENCE = /^```(.*)$/;

export function readRecipes(page: string): Recipe[] {
  const recipes: { title: string; script: string; expected: RegExp[] }[] = [];
  let title = '';
  let mark: string | undefined;
  let block: string[] = [];
  for (const line of page.split('\n')) {
    const fence = FENCE.exec(line);
    if (fence === null) {
      if (mark !== undefined) block.push(line);
      else if (line.startsWith('#')) title = line.replace(/^#+ /, '');
    } else if (mark === undefined) {
      mark = fence[1]!.trim();
      block = [];
    } else {
      if (mark === 'sh run') recipes.push({ title, script: block.join('\n'), expected: [] });
      if (mark === 'text expect') {
        const last = recipes.at(-1);
        if (last === undefined) throw new Error(`"text expect" before any "sh run" under ${title}`);
        last.expected.push(...block.filter((text) => text.trim() !== '').map(patternOf));
      }
      mark = undefined;
    }
  }
  if (mark !== undefined) throw new Error(`a block under ${title} is never closed`);
  return recipes;
}

/** The first expected line that is missing from the output, in order; undefined when all are there. */
export function missingLine(output: string, expected: readonly RegExp[]): RegExp | undefined {
  const lines = output.split('\n');
  let at = 0;
  for (const pattern of expected) {
    while (at < lines.length && !pattern.test(lines[at]!)) at += 1;
    if (at === lines.length) return pattern;
    at += 1;
  }
  return undefined;
}

function patternOf(line: string): RegExp {
  const parts = line.trim().split('…');
  return new RegExp(parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*'));
}
