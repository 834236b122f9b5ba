/**
 * Counts what passes through the queue of WebGPU in Node, and plays a device's answers back without the device, so that what
 * the host does can be timed alone.
 */
import { globals } from 'webgpu';

/** What has passed since `begin`: bytes by the name of the buffer, dispatches by label, and the uniforms that tell of chunks. */
export const passed = {};

export function begin() {
  Object.assign(passed, { up: new Map(), down: new Map(), mapped: 0, dispatches: new Map(), uniforms: [] });
}
begin();

const add = (counts, name, value) => counts.set(name, (counts.get(name) ?? 0) + value);

function wrap(name, method, around) {
  const { prototype } = globals[name];
  const own = prototype[method];
  prototype[method] = function (...values) {
    around(values, this);
    return own.apply(this, values);
  };
}

wrap('GPUQueue', 'writeBuffer', ([{ label }, , data, from = 0, size = data.byteLength]) => {
  add(passed.up, label, size);
  if (!/(?:shape|draws)$/.test(label)) return;
  passed.uniforms.push({ label, words: Array.from(new Uint32Array(data.slice(from, from + size))) });
});
wrap('GPUCommandEncoder', 'copyBufferToBuffer', ([{ label }, , , , size]) => add(passed.down, label, size));
wrap('GPUBuffer', 'mapAsync', ([, , size]) => (passed.mapped += size));
wrap('GPUCommandEncoder', 'beginComputePass', ([{ label }]) => add(passed.dispatches, label, 1));

/** Bytes of the buffers whose names begin with that of their owner. */
export function bytesOf(counts, owner) {
  let sum = 0;
  for (const [label, bytes] of counts) if (label.startsWith(owner)) sum += bytes;
  return sum;
}

/**
 * Keeps the columns of every read-back of an open device, in order. `play` runs something on them instead of the device:
 * nothing goes up, nothing is dispatched, and columns come back in the same order whatever the cut into chunks.
 */
export function openTape(gpu) {
  const own = { dispatch: gpu.dispatch, upload: gpu.upload, readBack: gpu.readBack, finished: gpu.finished };
  const columns = [];
  let current = { models: 0, stride: 1 };
  const look = (buffer, data) => {
    const words = new Uint32Array(data.buffer ?? data, data.byteOffset ?? 0);
    if (buffer.label.endsWith('shape') && words[0] > 0) current = { models: words[0], stride: words[1] };
    // Tails come by response.
    if (buffer.label.endsWith('draws')) current = { models: words[2], stride: words[2] };
  };
  // A row of `finished` is a pair.
  const widthOf = (buffer) => (buffer.label.endsWith('finished') ? 2 : 1);
  gpu.upload = (buffer, data, ...rest) => {
    look(buffer, data);
    return own.upload(buffer, data, ...rest);
  };
  gpu.readBack = async (buffer, size, ...rest) => {
    const { models, stride } = current;
    const bytes = await own.readBack(buffer, size, ...rest);
    const words = new Uint32Array(bytes);
    const width = widthOf(buffer);
    for (let m = 0; m < models; m++) {
      const column = new Uint32Array(words.length / stride);
      for (let i = 0; i < column.length; i++) {
        column[i] = words[(Math.floor(i / width) * stride + m) * width + (i % width)];
      }
      columns.push(column);
    }
    return bytes;
  };
  return {
    columns,
    restart: () => (columns.length = 0),
    async play(work) {
      const recording = { upload: gpu.upload, readBack: gpu.readBack };
      let next = 0;
      gpu.dispatch = async () => {};
      gpu.finished = async () => {};
      gpu.upload = look;
      gpu.readBack = async (buffer, size) => {
        const { models, stride } = current;
        const words = new Uint32Array(size / 4);
        const width = widthOf(buffer);
        for (let m = 0; m < models; m++) {
          const column = columns[next++];
          for (let i = 0; i < column.length; i++) {
            words[(Math.floor(i / width) * stride + m) * width + (i % width)] = column[i];
          }
        }
        return words.buffer;
      };
      try {
        return await work();
      } finally {
        Object.assign(gpu, own, recording);
      }
    },
    close: () => Object.assign(gpu, own),
  };
}
