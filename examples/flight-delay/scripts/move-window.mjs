// monitoring.retrain.prepare of greenlight.yaml: moves the windows of params.yaml up to GREENLIGHT_AS_OF. The test
// window keeps its length and ends with the last whole week; training takes every week before it.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { asOf, lastWholeWeek } from './weeks.mjs';

const FILE = 'params.yaml';
writeFileSync(FILE, moveWindow(readFileSync(FILE, 'utf8'), lastWholeWeek(asOf())));

/** The text with the two windows moved and every other byte as it was. */
function moveWindow(text, lastWeek) {
  const document = parseDocument(text);
  const window = (name) => document.getIn(['data', name], true);
  const [firstTrain] = window('train_weeks').toJSON();
  const [firstTest, lastTest] = window('test_weeks').toJSON();
  const lastTrain = lastWeek - (lastTest - firstTest + 1);
  if (lastTrain < firstTrain) throw new Error(`no week is left to train on before week ${lastWeek}`);
  return [
    { at: window('train_weeks').range, weeks: [firstTrain, lastTrain] },
    { at: window('test_weeks').range, weeks: [lastTrain + 1, lastWeek] },
  ]
    .sort((a, b) => b.at[0] - a.at[0])
    .reduce((result, { at: [from, until], weeks }) => {
      return `${result.slice(0, from)}[${weeks.join(', ')}]${result.slice(until)}`;
    }, text);
}
