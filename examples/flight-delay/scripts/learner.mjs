/**
 * The columns that the model reads and how each becomes a code: a number by its range, a name by the vocabulary of
 * the training data, in which 0 stands for every name that training never saw.
 */
export const COLUMNS = {
  hour: { least: 0, most: 23, width: 1 },
  weekday: { least: 0, most: 7, width: 1 },
  distance: { least: 0, most: 20, width: 250 },
  origin: { names: true },
  destination: { names: true },
};

/** Weights are rounded to this, so that the last bit of one machine's exp() does not reach the file. */
const GRAIN = 2 ** -12;

/** The names of each text column in the order of their codes, from 1 on. */
export function vocabularies(cells) {
  const entries = Object.entries(COLUMNS)
    .filter(([, column]) => column.names)
    .map(([name]) => [name, [...new Set(cells[name])].sort()]);
  return Object.fromEntries(entries);
}

/** How many codes a column has. */
export function codeCount(name, vocabulary) {
  const column = COLUMNS[name];
  return column.names ? vocabulary[name].length + 1 : column.most + 1;
}

/** The codes of one column's values. */
export function encode(name, values, vocabulary) {
  const { names, least, most, width } = COLUMNS[name];
  if (names) {
    const codes = new Map(vocabulary[name].map((value, index) => [value, index + 1]));
    return Int32Array.from(values, (value) => codes.get(value) ?? 0);
  }
  return Int32Array.from(values, (value) =>
    Math.min(most, Math.max(least, Math.trunc(Number(value) / width))),
  );
}

/** For each row its place in the table over the given columns. */
function places(columns, codes, vocabulary) {
  const rows = codes[columns[0]].length;
  const result = new Int32Array(rows);
  for (const name of columns) {
    const count = codeCount(name, vocabulary);
    const code = codes[name];
    for (let row = 0; row < rows; row += 1) result[row] = result[row] * count + code[row];
  }
  return result;
}

function encodeAll(cells, vocabulary) {
  return Object.fromEntries(
    Object.keys(COLUMNS).map((name) => [name, encode(name, cells[name], vocabulary)]),
  );
}

/**
 * Logistic regression on tables of weights, fitted by damped Newton steps, a table at a time: `passes` rounds, each
 * going `step` of the way, with an L2 penalty of `shrinkage`. It draws nothing at random.
 *
 * `cells` holds a column each of inputs, `flights` and `late` (how many of them were). The result is a bias and, for each
 * table, its columns and weights (log-odds).
 */
export function fitModel(cells, { tables, passes, step, shrinkage }) {
  const vocabulary = vocabularies(cells);
  const codes = encodeAll(cells, vocabulary);
  const { flights, late } = cells;
  const rows = flights.length;
  const share = sum(late) / sum(flights);
  const bias = round(Math.log(share / (1 - share)));
  const margin = new Float64Array(rows).fill(bias);
  const fitted = tables.map((columns) => ({
    columns,
    place: places(columns, codes, vocabulary),
    weights: new Float64Array(columns.reduce((size, name) => size * codeCount(name, vocabulary), 1)),
  }));
  for (let pass = 0; pass < passes; pass += 1) {
    for (const { place, weights } of fitted) {
      const gradient = new Float64Array(weights.length);
      const curvature = new Float64Array(weights.length);
      for (let row = 0; row < rows; row += 1) {
        const probability = sigmoid(margin[row]);
        gradient[place[row]] += late[row] - flights[row] * probability;
        curvature[place[row]] += flights[row] * probability * (1 - probability);
      }
      const move = gradient.map(
        (value, at) => (step * (value - shrinkage * weights[at])) / (curvature[at] + shrinkage),
      );
      for (let at = 0; at < weights.length; at += 1) weights[at] += move[at];
      for (let row = 0; row < rows; row += 1) margin[row] += move[place[row]];
    }
  }
  return {
    vocabulary,
    bias,
    tables: fitted.map(({ columns, weights }) => ({ columns, weights: weights.map(round) })),
  };
}

/** The probabilities that a fitted model gives to rows: what the ONNX graph computes. */
export function predict({ vocabulary, bias, tables }, rows) {
  const codes = encodeAll(rows, vocabulary);
  const margin = new Float64Array(codes.hour.length).fill(bias);
  for (const { columns, weights } of tables) {
    const place = places(columns, codes, vocabulary);
    for (let row = 0; row < margin.length; row += 1) margin[row] += weights[place[row]];
  }
  return margin.map(sigmoid);
}

function sigmoid(value) {
  return 1 / (1 + Math.exp(-value));
}

function round(value) {
  return Math.round(value / GRAIN) * GRAIN;
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
