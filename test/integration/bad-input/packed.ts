import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { type BadInput, cut, flipped, ROWS } from './case.ts';

/** As the `zstd` command writes it: with a checksum. */
function zstd(text: string): Uint8Array {
  return zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

export const PACKED: readonly BadInput[] = [
  {
    name: 'gzip, cut short',
    findings: ['data/damaged d.csv.gz'],
    says: [/can't be read as gzip: it is cut short or damaged/, /compare its size and sha256/],
    files: { 'd.csv.gz': cut(gzipSync(ROWS), 60) },
  },
  {
    name: 'gzip without its trailer',
    findings: ['data/damaged d.csv.gz'],
    files: { 'd.csv.gz': cut(gzipSync(ROWS), 8) },
  },
  {
    name: 'gzip with one byte changed',
    findings: ['data/damaged d.csv.gz'],
    files: { 'd.csv.gz': flipped(gzipSync(ROWS), 900) },
  },
  {
    name: 'gzip with another checksum',
    findings: ['data/damaged d.csv.gz'],
    files: { 'd.csv.gz': flipped(gzipSync(ROWS), gzipSync(ROWS).length - 8) },
  },
  {
    name: 'gzip and something after it',
    findings: ['data/damaged d.csv.gz'],
    files: { 'd.csv.gz': Buffer.concat([gzipSync(ROWS), Buffer.from('trailing')]) },
  },
  { name: 'text that is called gzip', findings: ['data/damaged d.csv.gz'], files: { 'd.csv.gz': ROWS } },
  {
    name: 'zstd, cut short',
    findings: ['data/damaged d.csv.zst'],
    says: [/can't be read as zstd/],
    files: { 'd.csv.zst': cut(zstd(ROWS), 60) },
  },
  {
    name: 'zstd with one byte changed',
    findings: ['data/damaged d.csv.zst'],
    files: { 'd.csv.zst': flipped(zstd(ROWS), 900) },
  },
  { name: 'text that is called zstd', findings: ['data/damaged d.csv.zst'], files: { 'd.csv.zst': ROWS } },
  {
    name: 'gzip of one endless line',
    findings: ['data/line-too-long d.csv.gz:2#1'],
    make: ({ put }) =>
      put('d.csv.gz', gzipSync(Buffer.concat([Buffer.from('a,b\n1,'), Buffer.alloc(48 << 20, 0x61)]))),
    data: 'd.csv.gz',
  },
];
