import { open } from 'node:fs/promises';

/** Small enough to stay in a processor's cache between the copy from the system and the look at it. */
const PIECE = 1 << 18;

/** The bytes of a file, or its first `limit`, piece by piece in one buffer, which the next piece overwrites: half the cost of a stream. */
export async function* piecesOf(file: string, limit = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(PIECE);
  const handle = await open(file);
  try {
    for (let left = limit; left > 0; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(PIECE, left), null);
      if (bytesRead === 0) return;
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
