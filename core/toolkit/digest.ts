import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** The sha256 of bytes or of a text's UTF-8, as 64 hex digits. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

const CHUNK = 1 << 18;

/** The sha256 and size in bytes of a file, read piece by piece into one buffer: half the cost of a stream. */
export async function digestFile(file: string): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  const handle = await open(file);
  try {
    for (let size = 0; ; ) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, null);
      if (bytesRead === 0) return { sha256: hash.digest('hex'), size };
      hash.update(buffer.subarray(0, bytesRead));
      size += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
