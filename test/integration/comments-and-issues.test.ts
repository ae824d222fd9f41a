import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { upsertComment } from '../../core/toolkit/comments.ts';
import { connectGithub, type Github } from '../../core/toolkit/github.ts';
import { findIssue, upsertIssue } from '../../core/toolkit/issues.ts';
import { octokit, REPOSITORY, startJob, type World } from '../forge/fixture.ts';

vi.mock('@octokit/plugin-retry', () => ({ retry: () => ({}) }));

const MARKER = '<!-- greenlight:report -->';
const [owner, repo] = REPOSITORY.split('/') as [string, string];

let world: World;
let workflow: Github;
let issue: number;

beforeEach(async () => {
  const job = await startJob({ 'a.txt': 'a\n' }, { issues: 'write' });
  ({ world, github: workflow } = job);
  const { data } = await people('model-owner').issues.create({ owner, repo, title: 'An issue' });
  issue = data.number;
});

afterEach(async () => {
  expect(world.forge.violations).toEqual([]);
  await world.close();
});

const people = (login: string) => octokit(world.forge, world.forge.token(login)).rest;

function person(login: string): Github {
  const env = { GITHUB_REPOSITORY: REPOSITORY, GITHUB_API_URL: world.forge.apiUrl };
  return connectGithub(env, world.forge.token(login), { info: () => {}, warn: () => {} });
}

async function comments(): Promise<string[]> {
  const { data } = await people('model-owner').issues.listComments({ owner, repo, issue_number: issue });
  return data.map(({ user, body }) => `${user?.type === 'Bot' ? 'bot' : user?.login}: ${body}`);
}

describe('the one comment with a marker', () => {
  it.each(['a workflow', 'a person'])(
    'is made, changed in place and left alone with the token of %s',
    async (who) => {
      const github = who === 'a person' ? person('ops-reviewer') : workflow;
      expect(await upsertComment(github, issue, MARKER, 'one')).toBe('created');
      expect(await upsertComment(github, issue, MARKER, 'one')).toBe('unchanged');
      expect(await upsertComment(github, issue, MARKER, 'two')).toBe('updated');
      expect(await comments()).toEqual([`${who === 'a person' ? 'ops-reviewer' : 'bot'}: ${MARKER}\ntwo`]);
    },
  );

  it('is never the one that somebody else pasted', async () => {
    const pasted = `${MARKER}\nall is well`;
    await people('outsider').issues.createComment({ owner, repo, issue_number: issue, body: pasted });
    for (const github of [workflow, person('ops-reviewer')])
      await upsertComment(github, issue, MARKER, 'it failed');
    expect(await comments()).toEqual([`outsider: ${pasted}`, `bot: ${MARKER}\nit failed`]);
  });

  it('is made anew by no one while GitHub does not say whose token it is', async () => {
    await upsertComment(person('ops-reviewer'), issue, MARKER, 'one');
    world.forge.inject({ match: { path: /\/user$/ }, answer: { status: 502 } });
    await expect(upsertComment(person('ops-reviewer'), issue, MARKER, 'two')).rejects.toMatchObject({
      code: 'github/http-502',
    });
    expect(await comments()).toEqual([`ops-reviewer: ${MARKER}\none`]);
  });
});

describe('the one issue with a marker', () => {
  const key = { marker: MARKER, label: 'drift' };
  const say = async (github: Github, body: string): Promise<string> =>
    (await upsertIssue(github, { ...key, title: 'It drifts', body })).operation;

  it.each(['a workflow', 'a person'])(
    'is opened, changed in place and left alone with the token of %s',
    async (who) => {
      const github = who === 'a person' ? person('ops-reviewer') : workflow;
      expect(await say(github, 'one')).toBe('created');
      expect(await say(github, 'one')).toBe('unchanged');
      expect(await say(github, 'two')).toBe('updated');
      expect((await findIssue(github, key))?.body).toBe(`${MARKER}\ntwo`);
    },
  );

  it('is never the one that somebody else opened', async () => {
    const body = `${MARKER}\nall is well`;
    await people('model-owner').issues.create({ owner, repo, title: 'It drifts', body, labels: ['drift'] });
    for (const github of [workflow, person('ops-reviewer')])
      expect(await findIssue(github, key)).toBeUndefined();
  });
});
