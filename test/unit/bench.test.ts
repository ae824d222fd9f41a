import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Line, measureLine, spread } from '../bench/compare.ts';
import { findMeter, type Side } from '../bench/meter.ts';

const work = mkdtempSync(path.join(tmpdir(), 'greenlight-bench-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const meter = findMeter();
if (meter === undefined) console.log('skipped: measuring processes needs GNU time or python3');

function side(code: string, exit = 0): Side {
  return { name: 'side', command: [process.execPath, '-e', code], cwd: work, exit };
}

describe('the bench', () => {
  it('takes the middle of measurements', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
    expect(spread([4, 1])).toEqual({ median: 2.5, least: 1, most: 4 });
  });

  it.skipIf(meter === undefined)('holds whole processes against each other', async () => {
    const busy = side('for (const end = Date.now() + 300; Date.now() < end; );');
    const line: Line = {
      id: 'busy',
      title: 'busy against idle',
      ours: side('0'),
      other: busy,
      bounds: [
        { of: 'times-less-cpu', least: 2 },
        { of: 'peak-mib', most: 5 },
      ],
      runs: 1,
    };
    const result = await measureLine(line, { meter: meter ?? (() => []), work, runs: 1 });
    expect(result.bounds.map(({ verdict }) => verdict)).toEqual(['met', 'missed']);
    expect(result.faults).toEqual([]);
  });

  it.skipIf(meter === undefined)('calls no bound met where a run did not do its work', async () => {
    const line: Line = {
      id: 'failed',
      title: 'a run that fails',
      ours: side('process.exit(3)'),
      bounds: [{ of: 'wall-seconds', most: 60 }],
      runs: 1,
    };
    const { bounds, faults } = await measureLine(line, { meter: meter ?? (() => []), work, runs: 1 });
    expect(bounds[0]?.verdict).toBe('not there yet');
    expect(faults).toEqual([expect.stringContaining('ended with 3, not 0')]);
  });
});
