/** CODEOWNERS, as GitHub reads it: gitignore-like patterns, the last that matches a path decides. */

interface Line {
  readonly pattern: RegExp;
  readonly owners: readonly string[];
}

export const CODEOWNERS_PATHS = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'];

export function parseCodeowners(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const [pattern, ...owners] = raw
      .replace(/(^|\s)#.*$/, '')
      .trim()
      .split(/\s+/);
    if (pattern === undefined || pattern === '') continue;
    lines.push({
      pattern: glob(pattern),
      owners: owners.map((owner) => owner.replace(/^@/, '').toLowerCase()),
    });
  }
  return lines;
}

/** Logins (or `org/team`, or addresses) that own a path; none where nobody does. */
export function ownersOf(lines: readonly Line[], path: string): readonly string[] {
  return lines.findLast((line) => line.pattern.test(path))?.owners ?? [];
}

function glob(pattern: string): RegExp {
  const anchored = pattern.slice(0, -1).includes('/');
  const body = pattern.replace(/^\//, '');
  const folder = body.endsWith('/');
  const source = body
    .replace(/\/$/, '')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/|\/\*\*|\*\*|\*|\?/g, (wild) => {
      if (wild === '**/') return '(?:.*/)?';
      if (wild === '/**') return '/.*';
      if (wild === '**') return '.*';
      return wild === '*' ? '[^/]*' : '[^/]';
    });
  // `docs/*` owns the files of that folder alone; `docs` and `docs/` everything below.
  const tail = folder ? '/.*' : body.endsWith('/*') ? '' : '(?:/.*)?';
  return new RegExp(`^${anchored || pattern.startsWith('/') ? '' : '(?:.*/)?'}${source}${tail}$`);
}
