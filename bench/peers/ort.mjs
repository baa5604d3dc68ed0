// SPDX-License-Identifier: Apache-2.0
// Copyright The liblightpose authors

// onnxruntime's CPU library as an engine of peers/run.py: for each line "N" on standard input it runs the model N times
// and prints the milliseconds of each run on one line.
// usage: node ort.mjs MODEL.onnx THREADS HEIGHT WIDTH   (npm install onnxruntime-node --ignore-scripts)

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const ort = createRequire(process.cwd() + '/')('onnxruntime-node');
const [, , model, threads, height, width] = process.argv;
const session = await ort.InferenceSession.create(model, {
  intraOpNumThreads: +threads,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
});
const pixels = Float32Array.from({ length: 3 * height * width }, (_, i) => (i * 7919) % 255);
const feed = { data: new ort.Tensor('float32', pixels, [1, 3, +height, +width]) };

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const times = [];
  for (let i = 0; i < +line; i++) {
    const start = process.hrtime.bigint();
    await session.run(feed);
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  console.log(times.map((t) => t.toFixed(4)).join(' '));
}
