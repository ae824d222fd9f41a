import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import path from 'node:path';
import type { BadInput } from './case.ts';
import { contract, MARKER as M } from './run.ts';

export const FILES: readonly BadInput[] = [
  {
    name: 'nothing there',
    findings: ['data/not-found'],
    says: [/the data file d.csv does not exist/],
    data: 'd.csv',
  },
  {
    name: 'a glob that matches nothing',
    findings: ['data/no-files'],
    says: [/no file matches d\/\*.csv/],
    data: 'd/*.csv',
  },
  {
    name: 'an empty folder',
    findings: ['data/no-files'],
    make: ({ folder }) => {
      mkdirSync(path.join(folder, 'd'));
    },
    data: 'd',
  },
  { name: 'an unknown ending', findings: ['data/unknown-format'], files: { 'd.xlsx': 'PK' } },
  {
    name: 'files of two formats',
    findings: ['data/mixed-formats'],
    says: [/d\/1.csv and d\/2.ndjson/],
    files: { 'd/1.csv': 'a,b\n1,x\n', 'd/2.ndjson': '{"a":1,"b":"x"}\n' },
    data: 'd',
  },
  {
    name: 'two files of which one lacks a column',
    exit: 0,
    findings: ['data/missing-column warn d/2.csv'],
    says: [/d\/2.csv lacks `a`, which other files have: NULL in its rows/],
    files: { 'd/1.csv': 'a,b\n1,x\n', 'd/2.csv': 'b\ny\nz\n' },
    data: 'd/*.csv',
  },
  {
    name: 'two files of which one lacks a required column',
    exit: 1,
    findings: ['data/missing-column warn d/2.csv', 't.a.required fail 2/3 d/2.csv:2#1 d/2.csv:3#2'],
    contract: contract(
      '- { name: a, logicalType: integer, required: true }\n- { name: b, logicalType: string }',
    ),
    files: { 'd/1.csv': 'a,b\n1,x\n', 'd/2.csv': `b\n${M}\nz\n` },
    data: 'd/*.csv',
  },
  {
    name: 'two files with an extra column each',
    exit: 1,
    findings: [
      'data/missing-column warn d/1.csv',
      'data/missing-column warn d/2.csv',
      't.extraColumns fail: not declared: c, d',
    ],
    contract: contract(
      '- { name: a, logicalType: integer }',
      'customProperties: [{ property: greenlight.extraColumns, value: fail }]',
    ),
    files: { 'd/1.csv': 'a,c\n1,x\n', 'd/2.csv': 'd,a\ny,2\n' },
    data: 'd/*.csv',
  },
  {
    name: 'two files of which one is ragged',
    findings: ['data/ragged-rows d/2.csv:3#2'],
    files: { 'd/1.csv': 'a,b\n1,x\n', 'd/2.csv': `a,b\n1,${M}\n2\n` },
    data: 'd/*.csv',
  },
  {
    name: 'a dozen files, an empty one among them',
    findings: ['data/empty-file d/17.csv'],
    make: ({ put }) => {
      for (let index = 10; index < 22; index++)
        put(`d/${index}.csv`, index === 17 ? '' : `a,b\n${index},x\n`);
    },
    data: 'd/*.csv',
  },
  {
    name: 'a link that leads outside',
    findings: ['file/outside'],
    says: [/the data d.csv lies outside the repository/],
    make: ({ folder }) => {
      symlinkSync('/etc/passwd', path.join(folder, 'd.csv'));
    },
    data: 'd.csv',
  },
  {
    name: 'a link in a folder that leads outside',
    findings: ['file/outside'],
    files: { 'd/1.csv': 'a,b\n1,x\n' },
    make: ({ folder }) => symlinkSync('/etc/passwd', path.join(folder, 'd/2.csv')),
    data: 'd',
  },
  { name: 'a path outside', findings: ['file/outside'], data: '../x.csv' },
  {
    name: 'a link to itself',
    findings: ['data/not-found'],
    make: ({ folder }) => {
      symlinkSync('d.csv', path.join(folder, 'd.csv'));
    },
    data: 'd.csv',
  },
  {
    name: 'a link to nothing',
    findings: ['data/not-found'],
    make: ({ folder }) => {
      symlinkSync('e.csv', path.join(folder, 'd.csv'));
    },
    data: 'd.csv',
  },
  {
    name: 'a path through a file',
    findings: ['data/not-found'],
    files: { 'd.csv': 'a,b\n1,x\n' },
    data: 'd.csv/e.csv',
  },
  {
    name: 'a name that is longer than names are',
    findings: ['data/not-found'],
    data: `${'d'.repeat(300)}.csv`,
  },
  {
    name: 'a Git LFS pointer',
    findings: ['data/lfs-pointer d.csv'],
    says: [/run `git lfs pull`/],
    files: { 'd.csv': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n' },
  },
  {
    name: 'an out folder that is a file',
    findings: ['file/unwritable'],
    says: [/can't be written: a part of its path is no folder/],
    files: { 'd.csv': 'a,b\n1,x\n', '.greenlight': '' },
  },
  {
    name: 'a report that can’t be written',
    findings: [],
    says: [/x\/r.json can't be written: a part of its path is no folder/],
    files: { 'd.csv': 'a,b\n1,x\n', x: '' },
    args: ['validate-data', '--contract', 'c.yaml', '--data', 'd.csv', '--report-json', 'x/r.json'],
  },
  {
    name: 'a hole of 1 GiB',
    findings: ['data/nul d.csv:3#2'],
    make: ({ folder, put }) => {
      put('d.csv', 'a,b\n1,x\n');
      truncateSync(path.join(folder, 'd.csv'), 2 ** 30);
    },
    data: 'd.csv',
  },
  {
    name: 'a table that the contract does not have',
    files: { 'd.csv': 'a,b\n1,x\n' },
    data: 'u=d.csv',
    findings: ['data/not-found'],
    says: [/u=d.csv does not exist/],
  },
  {
    name: 'a partition that the file has as a column too',
    files: { 'd/a=1/x.csv': 'a,b\n1,x\n' },
    data: 'd',
    findings: ['data/partition-column d/a=1/x.csv'],
    says: [/both in the files and in their paths/],
  },
  {
    name: 'a server outside of the folder',
    contract: `${contract('- { name: a }')}servers: [{ server: s, type: local, path: /etc/passwd, format: csv }]\n`,
    args: ['validate-data', '--contract', 'c.yaml'],
    findings: ['file/outside'],
  },
  {
    name: 'ragged records, to contract infer',
    files: { 'd.csv': `a,b\n1,${M}\n2\n` },
    args: ['contract', 'infer', 'd.csv'],
    findings: ['data/ragged-rows'],
    says: [/d.csv:3/],
  },
];
