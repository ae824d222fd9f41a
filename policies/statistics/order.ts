/**
 * The rows in ascending order of their scores; equal scores keep the data's order. No NaN. Two passes of 16 bits over the
 * bits of the float32, turned so that unsigned order is numeric order.
 */
export function ascending(scores: Float32Array): Uint32Array {
  const rows = scores.length;
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, rows);
  const keys = new Uint32Array(rows);
  const low = new Uint32Array(65_537);
  const high = new Uint32Array(65_537);
  for (let i = 0; i < rows; i++) {
    const raw = bits[i] ?? 0;
    const key = (raw & 0x8000_0000 ? ~raw : raw | 0x8000_0000) >>> 0;
    keys[i] = key;
    const l = (key & 0xffff) + 1;
    const h = (key >>> 16) + 1;
    low[l] = (low[l] ?? 0) + 1;
    high[h] = (high[h] ?? 0) + 1;
  }
  for (let k = 0; k < 65_536; k++) {
    low[k + 1] = (low[k + 1] ?? 0) + (low[k] ?? 0);
    high[k + 1] = (high[k + 1] ?? 0) + (high[k] ?? 0);
  }
  const byLow = new Uint32Array(rows);
  for (let i = 0; i < rows; i++) {
    const k = (keys[i] ?? 0) & 0xffff;
    const at = low[k] ?? 0;
    byLow[at] = i;
    low[k] = at + 1;
  }
  const order = new Uint32Array(rows);
  for (const i of byLow) {
    const k = (keys[i] ?? 0) >>> 16;
    const at = high[k] ?? 0;
    order[at] = i;
    high[k] = at + 1;
  }
  return order;
}
