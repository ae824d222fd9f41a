import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openEngine } from '../../core/toolkit/table/engine.ts';

const LONG = 'SELECT count(*) FROM range(10000) a, range(10000) b WHERE a.range * b.range % 7 = 3';

it('an engine is closed after the statement in hand, not under it, and refuses what waits', async () => {
  const engine = await openEngine();
  let settled = false;
  const running = engine.attempt(LONG).finally(() => {
    settled = true;
  });
  running.catch(() => undefined); // It is interrupted, or was faster.
  const waiting = engine.attempt('SELECT 1');
  const refused = expect(waiting).rejects.toThrow('the data engine is closed');
  await setImmediate();
  await engine[Symbol.asyncDispose]();
  expect(settled).toBe(true);
  await refused;
  await expect(engine.query('SELECT 1')).rejects.toThrow();
  expect(existsSync(engine.folder)).toBe(false);
});

it('statements that are given at once are done one after the other', async () => {
  await using engine = await openEngine();
  const rows = await Promise.all([1, 2, 3].map((n) => engine.attempt(`SELECT ${n}`)));
  expect(rows).toEqual([[[1]], [[2]], [[3]]]);
});
