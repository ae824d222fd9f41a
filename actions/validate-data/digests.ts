import { GreenlightError } from '../../core/kernel/errors.ts';
import { digestFile, sha256 } from '../../core/toolkit/digest.ts';
import type { DataTable } from '../../core/toolkit/table/open.ts';
import { shownPath } from './sources.ts';

/**
 * The sha256 of a table's data: of its file, or where it has several, of a text with a line `<sha256>  <path>` for each (as sha256sum
 * writes it), in the order of the paths.
 */
export async function digestOf(
  root: string,
  { files, digests }: Pick<DataTable, 'files' | 'digests'>,
): Promise<string> {
  const ofFile = async (file: string): Promise<string> =>
    digests.get(file) ?? (await digestFile(file)).sha256;
  const [first, ...more] = files;
  if (first !== undefined && more.length === 0) return ofFile(first);
  let lines = '';
  for (const file of files) lines += `${await ofFile(file)}  ${shownPath(root, file)}\n`;
  return sha256(lines);
}

/** Throws `data/changed` where the data are not the bytes that were judged. */
export async function verifyUnchanged(
  root: string,
  table: DataTable | undefined,
  { data, dataSha256 }: { readonly data: string; readonly dataSha256: string },
): Promise<void> {
  if (
    table !== undefined &&
    (await digestOf(root, { files: table.files, digests: new Map() })) === dataSha256
  )
    return;
  throw new GreenlightError({
    code: 'data/changed',
    message: `${data} changed while it was judged`,
    mend: 'let nothing write to it meanwhile, and judge it again',
  });
}
