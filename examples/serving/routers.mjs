import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RequestError } from './models.mjs';

/**
 * Routers by name: each spreads requests over served models by weights that add up to 100. Smooth weighted round robin, so that of
 * any 100 requests in a row under the same weights a model gets exactly its weight. Kept in `router.json` beside the models.
 */
export class Routers {
  #routers = new Map();
  #file;

  constructor(folder) {
    this.#file = path.join(folder, 'router.json');
  }

  async restore() {
    let text;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      if (error.code === 'ENOENT') return;
      throw error;
    }
    for (const [name, { generation, weights }] of Object.entries(JSON.parse(text)))
      this.#set(name, generation, weights);
  }

  get(name) {
    const router = this.#routers.get(name);
    if (router === undefined) throw new RequestError(404, `there is no router ${name}`);
    return { name, generation: router.generation, weights: router.weights };
  }

  has(name) {
    return this.#routers.has(name);
  }

  /** Sets a router's weights; a generation below the last one is refused, so that a late writer can't undo a later one. */
  async put(name, { generation, weights } = {}, isReady) {
    if (!Number.isInteger(generation) || generation < 0)
      throw new RequestError(400, '`generation` must be a whole number');
    const shares = Object.entries(weights ?? {});
    if (!shares.every(([, weight]) => Number.isInteger(weight) && weight >= 0) || total(shares) !== 100) {
      throw new RequestError(400, '`weights` must be whole percentages that add up to 100');
    }
    const absent = shares
      .filter(([served, weight]) => weight > 0 && !isReady(served))
      .map(([served]) => served);
    if (absent.length > 0) throw new RequestError(400, `not loaded: ${absent.join(', ')}`);
    const last = this.#routers.get(name)?.generation ?? 0;
    if (generation < last) throw new RequestError(409, `generation ${generation} is older than ${last}`);
    this.#set(name, generation, weights);
    await this.#save();
    return this.get(name);
  }

  /** The served model that takes the router's next request. */
  next(name) {
    const { turns } = this.#routers.get(name);
    let chosen = turns[0];
    for (const turn of turns) {
      turn.current += turn.weight;
      if (turn.current > chosen.current) chosen = turn;
    }
    chosen.current -= 100;
    return chosen.served;
  }

  #set(name, generation, weights) {
    const turns = Object.entries(weights)
      .filter(([, weight]) => weight > 0)
      .map(([served, weight]) => ({ served, weight, current: 0 }));
    this.#routers.set(name, { generation, weights, turns });
  }

  async #save() {
    const state = Object.fromEntries(
      [...this.#routers].map(([name, { generation, weights }]) => [name, { generation, weights }]),
    );
    const partial = `${this.#file}.partial`;
    await writeFile(partial, `${JSON.stringify(state, null, 2)}\n`);
    await rename(partial, this.#file);
  }
}

function total(shares) {
  return shares.reduce((sum, [, weight]) => sum + weight, 0);
}
