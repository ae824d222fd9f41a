import type { Case } from '../core/kernel/cases.ts';
import { formatPlace } from '../core/kernel/place.ts';

/**
 * Cases as JUnit XML, in the form that CI systems read (the schema of Jenkins' xunit plugin, junit-10.xsd): a suite for each thing judged, with
 * its counts; no times, so that the same cases give the same bytes.
 */
export function renderJunit(name: string, cases: readonly Case[]): string {
  const suites = Map.groupBy(cases, ({ suite }) => suite);
  const lines = [...suites].flatMap(([suite, some]) => [
    `  <testsuite name="${attribute(suite)}" ${counts(some)}>`,
    ...some.map((one) => testCase(suite, one)),
    '  </testsuite>',
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${attribute(name)}" ${counts(cases)}>\n${lines.map((line) => `${line}\n`).join('')}</testsuites>\n`;
}

function counts(cases: readonly Case[]): string {
  const number = (outcome: Case['outcome']): number => cases.filter((one) => one.outcome === outcome).length;
  return `tests="${cases.length}" failures="${number('fail')}" errors="${number('error')}" skipped="${number('skipped')}"`;
}

function testCase(suite: string, { name, outcome, message, place }: Case): string {
  const where = place === undefined ? '' : ` file="${attribute(place.file)}" line="${place.line ?? 1}"`;
  const head = `    <testcase classname="${attribute(suite)}" name="${attribute(name)}"${where}`;
  if (outcome === 'pass' && message === undefined) return `${head}/>`;
  const told = attribute(message ?? '');
  const text = escaped(place === undefined ? (message ?? '') : `${formatPlace(place)}: ${message ?? ''}`);
  switch (outcome) {
    case 'pass':
      return `${head}><system-out>${text}</system-out></testcase>`;
    case 'skipped':
      return `${head}><skipped message="${told}"/></testcase>`;
    case 'fail':
      return `${head}><failure message="${told}">${text}</failure></testcase>`;
    case 'error':
      return `${head}><error message="${told}">${text}</error></testcase>`;
  }
}

/** Text for XML 1.0: its five signs escaped, characters that it can't hold replaced. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}

function attribute(text: string): string {
  return escaped(text).replaceAll('\n', '&#10;').replaceAll('\r', '&#13;').replaceAll('\t', '&#9;');
}
