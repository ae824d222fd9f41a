import { listArtifacts, readArtifact } from '../../core/toolkit/artifacts.ts';
import type { Github } from '../../core/toolkit/github.ts';
import { type Found, readUntrusted } from './untrusted.ts';

/** The names of what uploadArtifact makes of report.json; a run's other artifacts are not ours to read. */
const REPORT_NAME = /^greenlight-[a-z0-9-]+\.json$/;

/** What is read of one run, in bytes of all its reports and in reports: they are text, and a comment has room for 60,000 bytes of it. */
const MOST_BYTES = 5 * 1024 * 1024;
const MOST_REPORTS = 100;

/** The reports among a run's artifacts. Everything about them is untrusted; what the API refuses is an error of ours to tell. */
export async function findReports(github: Github, runId: number): Promise<readonly Found[]> {
  const artifacts = (await listArtifacts(github, runId)).filter(({ name }) => REPORT_NAME.test(name));
  const found: Found[] = [];
  let room = MOST_BYTES;
  for (const artifact of artifacts.slice(0, MOST_REPORTS)) {
    const bytes = await readArtifact(github, artifact, room);
    if (typeof bytes === 'string') {
      const why =
        bytes === 'gone'
          ? 'it was deleted or has expired'
          : `more than ${MOST_BYTES} bytes of reports are not read`;
      found.push({ kind: 'unreadable', artifact: artifact.name, why });
    } else {
      room -= bytes.length;
      found.push(readUntrusted(artifact.name, bytes));
    }
  }
  const [next] = artifacts.slice(MOST_REPORTS);
  if (next !== undefined)
    found.push({
      kind: 'unreadable',
      artifact: next.name,
      why: `more than ${MOST_REPORTS} reports are not read, the run has ${artifacts.length}`,
    });
  return found;
}
