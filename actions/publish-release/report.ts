import type { Report } from '../../core/kernel/blocks.ts';
import { releaseTag } from '../../core/ledger/releases.ts';
import type { Candidate } from './evidence.ts';

/** What a plan found. */
export function planReport(model: string, sentence: string): Report {
  return { title: `Release of ${model}`, blocks: [{ kind: 'verdict', verdict: 'pass', text: sentence }] };
}

/** The release that is published now. */
export function releaseReport(candidate: Candidate, url: string, wrote: boolean): Report {
  const tag = releaseTag(candidate.model, candidate.digest);
  const sentence = wrote ? `${tag} is published` : `${tag} was published already, with these very assets`;
  return {
    title: `Release of ${candidate.model}`,
    blocks: [
      { kind: 'verdict', verdict: 'pass', text: sentence },
      { kind: 'facts', items: [...facts(candidate), { name: 'Release', value: { link: tag, href: url } }] },
      assets(candidate),
    ],
  };
}

/** The release's own page. */
export function releaseNotes(candidate: Candidate): Report {
  return {
    title: `${candidate.model} ${candidate.digest.slice(0, 12)}`,
    blocks: [
      {
        kind: 'verdict',
        verdict: 'pass',
        text: 'trained from the merged commit, judged on it, and published with its evidence',
      },
      { kind: 'facts', items: facts(candidate) },
      assets(candidate),
    ],
  };
}

function facts({ model, digest, commit }: Candidate) {
  return [
    { name: 'Model', value: model },
    { name: 'Digest', value: { code: `sha256:${digest}` } },
    { name: 'Commit', value: { code: commit } },
  ];
}

function assets({ pieces }: Candidate) {
  return {
    kind: 'table' as const,
    caption: 'Assets, hashed again before they were published',
    columns: [{ title: 'Asset' }, { title: 'Role' }, { title: 'sha256' }],
    rows: pieces.map(({ asset, role, sha256 }) => [{ code: asset }, role, { code: sha256 }]),
  };
}
