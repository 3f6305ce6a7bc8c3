import assert from 'node:assert/strict';
import { missingLine, readRecipes } from '../../support/recipes.js';

const page = `# Page
## First
\`\`\`sh run
echo one
echo two
\`\`\`
Text.
\`\`\`text expect
one
t…o
\`\`\`
## Second
\`\`\`sh
not run
\`\`\`
\`\`\`sh run
echo three
\`\`\`
`;

describe('runnable recipes of a page', () => {
  it('finds the marked blocks under their headings and leaves the others alone', () => {
    const recipes = readRecipes(page);
    assert.deepEqual(
      recipes.map((recipe) => [recipe.title, recipe.script, recipe.expected.length]),
      [
        ['First', 'echo one\necho two', 2],
        ['Second', 'echo three', 0],
      ],
    );
  });

  it('accepts output that has the expected lines in order, with others between', () => {
    const [first] = readRecipes(page);
    assert.equal(missingLine('zero\none\n1.5\ntwo\n', first!.expected), undefined);
  });

  it('names the line that is missing or out of order', () => {
    const [first] = readRecipes(page);
    assert.equal(missingLine('two\none\n', first!.expected), first!.expected[1]);
    assert.equal(missingLine('', first!.expected), first!.expected[0]);
  });

  it('refuses a page whose block is never closed', () => {
    assert.throws(() => readRecipes('```sh run\necho'), /never closed/);
  });
});
