// The stage `train`: fits the model to the prepared counts and writes it as ONNX.
import { mkdirSync, writeFileSync } from 'node:fs';
import { toOnnx } from './graph.mjs';
import { fitModel } from './learner.mjs';
import { readParams } from './params.mjs';
import { connect } from './warehouse.mjs';

const connection = await connect();
const reader = await connection.runAndReadAll("SELECT * FROM 'data/prepared.parquet'");
const cells = reader.getColumnsObject();
for (const name of ['flights', 'late']) cells[name] = Float64Array.from(cells[name], Number);

const model = fitModel(cells, readParams().train);
mkdirSync('model', { recursive: true });
writeFileSync('model/flight-delay.onnx', toOnnx(model));
