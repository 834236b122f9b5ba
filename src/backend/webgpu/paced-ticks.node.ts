/**
 * Pauses between the looks that Dawn takes at its device in Node.
 *
 * While something is pending (an error scope, a map, the end of submitted work), Dawn asks the device again in every turn of
 * the event loop: it hands the next look to `globalThis.setImmediate`, which it finds by name each time. That keeps the
 * thread busy for as long as a chunk takes, beside the float64 finish of the chunk before. For the time of Dawn's own calls
 * that name stands for a function of ours, which puts a timer between looks; nobody else gets to see it.
 */

/** Looks after a call that follow at once: most verdicts are there with the first. */
const QUICK_LOOKS = 4;
/** Milliseconds between later ones, the least that a timer can do: a chunk takes about a hundred. */
const PAUSE = 1;

type Look = (...values: unknown[]) => void;

let quick = 0;

/** Does something of Dawn's, whose looks are paced from there on. */
function withPacedLooks<T>(work: () => T): T {
  const immediate = globalThis.setImmediate;
  const pace = (look: Look, ...values: unknown[]): unknown => {
    const next = (): void => withPacedLooks(() => look(...values));
    if (quick === 0) return setTimeout(next, PAUSE);
    quick--;
    return immediate(next);
  };
  globalThis.setImmediate = Object.assign(pace, immediate) as typeof immediate;
  try {
    return work();
  } finally {
    globalThis.setImmediate = immediate;
  }
}

/** The same for a call that begins something to look after. */
function begin<T>(work: () => T): T {
  quick = QUICK_LOOKS;
  return withPacedLooks(work);
}

/** Paces the looks at every device that comes from `gpu`. */
export function paceTicks(gpu: GPU): GPU {
  const { requestAdapter } = gpu;
  gpu.requestAdapter = async (options) => {
    const adapter = await begin(() => requestAdapter.call(gpu, options));
    if (adapter === null) return null;
    const { requestDevice } = adapter;
    adapter.requestDevice = async (descriptor) => {
      return paceDevice(await begin(() => requestDevice.call(adapter, descriptor)));
    };
    return adapter;
  };
  return gpu;
}

function paceDevice(device: GPUDevice): GPUDevice {
  const { popErrorScope, createComputePipelineAsync, createBuffer, queue } = device;
  const { onSubmittedWorkDone } = queue;
  device.popErrorScope = () => begin(() => popErrorScope.call(device));
  device.createComputePipelineAsync = (descriptor) => begin(() => createComputePipelineAsync.call(device, descriptor));
  queue.onSubmittedWorkDone = () => begin(() => onSubmittedWorkDone.call(queue));
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(device, descriptor);
    const { mapAsync } = buffer;
    buffer.mapAsync = (...range) => begin(() => mapAsync.call(buffer, ...range));
    return buffer;
  };
  return device;
}
