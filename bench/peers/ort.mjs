// SPDX-License-Identifier: Apache-2.0
// Copyright The liblightpose authors

// onnxruntime's CPU library as an engine of peers/run.py: for each line "N" on standard input it runs the model N times
// and prints the milliseconds of each run on one line. With IMAGE and MAPS it runs once instead: IMAGE holds HEIGHT x
// WIDTH x 3 bytes, B, G, R; MAPS becomes the heatmaps and then the part affinity fields, float32, map after map.
// usage: node ort.mjs MODEL.onnx THREADS HEIGHT WIDTH [IMAGE MAPS]   (npm install onnxruntime-node --ignore-scripts)

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const ort = createRequire(process.cwd() + '/')('onnxruntime-node');
const [, , model, threads, height, width, image, maps] = process.argv;
const session = await ort.InferenceSession.create(model, {
  intraOpNumThreads: +threads,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
});
const area = height * width;
const bytes = image ? readFileSync(image) : null;
const pixels = Float32Array.from({ length: 3 * area }, (_, i) =>
  bytes ? bytes[(i % area) * 3 + Math.floor(i / area)] : (i * 7919) % 255,
);
const feed = { data: new ort.Tensor('float32', pixels, [1, 3, +height, +width]) };

if (image) {
  const found = await session.run(feed);
  const parts = ['Mconv7_stage2_L2', 'Mconv7_stage2_L1'].map((name) => Buffer.from(found[name].data.slice().buffer));
  writeFileSync(maps, Buffer.concat(parts));
  process.exit(0);
}
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
