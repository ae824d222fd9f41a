import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Case } from '../../core/kernel/cases.ts';
import { renderJunit } from '../../reports/junit.ts';

const CASES: readonly Case[] = [
  { suite: 'train.csv', name: 'a ≥ 1', outcome: 'pass' },
  {
    suite: 'train.csv',
    name: 'b & <c>',
    outcome: 'fail',
    message: '2 of 3 rows',
    place: { file: 'c.yaml', line: 7 },
  },
  { suite: 'test.csv', name: 'd', outcome: 'error', message: 'not evaluated: "x"' },
  { suite: 'test.csv', name: 'e', outcome: 'skipped', message: 'a rule in words' },
  { suite: 'test.csv', name: 'f', outcome: 'pass', message: 'warning: 1 row' },
];

describe('JUnit', () => {
  it('has a suite for each thing judged, with its counts', () => {
    expect(renderJunit('validate-data', CASES)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="validate-data" tests="5" failures="1" errors="1" skipped="1">
  <testsuite name="train.csv" tests="2" failures="1" errors="0" skipped="0">
    <testcase classname="train.csv" name="a ≥ 1"/>
    <testcase classname="train.csv" name="b &amp; &lt;c&gt;" file="c.yaml" line="7"><failure message="2 of 3 rows">c.yaml:7: 2 of 3 rows</failure></testcase>
  </testsuite>
  <testsuite name="test.csv" tests="3" failures="0" errors="1" skipped="1">
    <testcase classname="test.csv" name="d"><error message="not evaluated: &quot;x&quot;">not evaluated: &quot;x&quot;</error></testcase>
    <testcase classname="test.csv" name="e"><skipped message="a rule in words"/></testcase>
    <testcase classname="test.csv" name="f"><system-out>warning: 1 row</system-out></testcase>
  </testsuite>
</testsuites>
`);
  });

  it('is XML whatever the texts are', ({ skip }) => {
    const python =
      'import sys, xml.dom.minidom\nfor text in sys.stdin.buffer.read().split(b"\\x00"): xml.dom.minidom.parseString(text)';
    try {
      execFileSync('python3', ['-c', 'import xml.dom.minidom']);
    } catch {
      skip('no python3 to read the XML');
    }
    const text = fc.string({ unit: 'binary' });
    const cases = fc.array(
      fc.record({
        suite: text,
        name: text,
        outcome: fc.constantFrom('pass', 'fail', 'error', 'skipped'),
        message: text,
      }),
    );
    const rendered = fc.sample(cases, 100).map((some) => renderJunit('x', some as Case[]));
    expect(() => execFileSync('python3', ['-c', python], { input: rendered.join('\0') })).not.toThrow();
  });
});
