import { expect, test } from 'vitest';
import { ownersOf, parseCodeowners } from '../forge/codeowners.ts';
import { githubDescription } from '../forge/openapi.ts';
import { markdownFile, postedMarkdown } from '../forge/pages/markdown.ts';
import { OPERATIONS } from '../forge/rest/index.ts';

test.each([
  ['deploy/staging/m.yaml', []],
  ['deploy/production/m.yaml', ['ops-reviewer']],
  ['README.md', ['risk-reviewer', 'ops-reviewer']],
  ['src/deep/x.ts', ['risk-reviewer', 'ops-reviewer']],
  ['docs/a.md', ['writer']],
  ['docs/deep/a.md', ['risk-reviewer', 'ops-reviewer']],
  ['deep/model.onnx', ['modeller']],
])('the last line that matches %s owns it', (path, owners) => {
  const lines = parseCodeowners(
    '# rules\n* @risk-reviewer @ops-reviewer\n*.onnx @Modeller # models\n/docs/* @writer\n/deploy/ @ops-reviewer\n/deploy/staging/\n',
  );
  expect(ownersOf(lines, path)).toEqual(owners);
});

test('every operation of the forge is in the description of GitHub', () => {
  expect([...OPERATIONS.keys()].filter((id) => !githubDescription().has(id))).toEqual([]);
});

test('Markdown shows what GitHub shows', () => {
  const html = postedMarkdown(
    '<!-- marker -->\n| a | b |\n|---|---|\n| 1 | <sub>2</sub> |\n\n<details><summary>More</summary>\n\n**bold**\n\n</details>\n\n> [!WARNING]\n> careful\n',
  );
  expect(html).not.toContain('marker');
  expect(html).toContain('<td><sub>2</sub></td>');
  expect(html).toContain('<details><summary>More</summary>');
  expect(html).toContain('<strong>bold</strong>');
  expect(html).toContain('class="alert warning"');
});

test('a line’s end is a break in a comment and a space in a file', () => {
  const alert = '> [!NOTE]\n> one\n> two\n';
  expect(postedMarkdown(alert)).toContain('<strong>Note</strong><br>one<br>two</p>');
  expect(markdownFile(alert)).toContain('<strong>Note</strong><br>one\ntwo</p>');
});

test.each([
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '[x](javascript:alert(1))',
  '<a href="javascript:alert(1)">x</a>',
  '<iframe src="/x">',
  '<b onclick="alert(1)">x</b>',
  '<!-- > --><script>alert(1)</script>',
])('Markdown runs nothing: %s', (text) => {
  expect(postedMarkdown(text)).not.toMatch(/<script|<iframe|onerror=|onclick=|href="javascript/);
});
