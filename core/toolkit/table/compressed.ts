import { createReadStream, createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { GreenlightError } from '../../kernel/errors.ts';
import { type Compression, type DataFile, damaged } from './data-files.ts';

/** How much a compressed file may grow: beyond `free` bytes, at most `ratio` times its own size. */
export interface GrowthLimit {
  readonly ratio: number;
  readonly free: number;
}

/** Columns that hold one value reach a hundredfold; what is made to fill a disk, a thousandfold and more. */
export const GROWTH: GrowthLimit = { ratio: 100, free: 1 << 30 };

const CHUNK = 1 << 20;

/**
 * Unpacks a file in bounded memory and checks it whole: every checksum it has, its end, and that nothing follows. Reads gzip (RFC
 * 1952: several members, zeros after the last) and zstd (RFC 8878: one frame). Throws `data/damaged`, `data/unpacks-too-large`,
 * `data/no-space`.
 */
export async function unpack(
  { path, name, size }: DataFile,
  compression: Compression,
  into: string,
  limit: GrowthLimit = GROWTH,
): Promise<void> {
  const unpacker = compression === 'gzip' ? createGunzip() : createZstdDecompress();
  let grown = 0;
  const guard = new Transform({
    transform(chunk: Buffer, _, done) {
      grown += chunk.length;
      done(grown > limit.free && grown > limit.ratio * size ? tooLarge(name, limit) : null, chunk);
    },
  });
  try {
    const source = createReadStream(path, { highWaterMark: CHUNK });
    await pipeline(source, unpacker, guard, createWriteStream(into, { mode: 0o600, highWaterMark: CHUNK }));
  } catch (thrown) {
    throw unpackError(thrown, name, compression);
  }
  // Node stops at the end of the first zstd frame and says nothing of what follows.
  if (compression === 'zstd' && unpacker.bytesWritten !== size) {
    throw new GreenlightError({
      code: 'data/damaged',
      message: `${name} goes on after the end of its zstd frame`,
      place: { file: name },
      mend: 'write it as one frame, as `zstd` does',
    });
  }
}

function unpackError(thrown: unknown, name: string, compression: Compression): unknown {
  const code = (thrown as NodeJS.ErrnoException).code ?? '';
  if (/^(Z_|ZSTD_|ERR_ZLIB)/.test(code)) return damaged(name, compression);
  return code === 'ENOSPC' ? noSpace(name) : thrown;
}

/** The error of a disk that is full. */
export function noSpace(name: string): GreenlightError {
  return new GreenlightError({
    code: 'data/no-space',
    message: `there is no room for a plain copy of ${name} in the temporary folder`,
    mend: 'run this on a machine with more free space, or let TMPDIR name a larger disk',
  });
}

function tooLarge(name: string, { ratio }: GrowthLimit): GreenlightError {
  return new GreenlightError({
    code: 'data/unpacks-too-large',
    message: `${name} unpacks to more than ${ratio} times its size`,
    place: { file: name },
    mend: 'give the file unpacked, if it really is data',
  });
}
