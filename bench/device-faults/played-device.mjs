/**
 * A device that is played on another: it computes there, can be lost without taking the other along, and finds its pipelines
 * compiled. How it behaves once it is lost is Dawn's way, or that of browsers that reject.
 */

/** Milliseconds after which a device that is lost says so. */
const UNSAID = 20;

export function playedDevice(stage, pipelines) {
  let lost = false;
  let rejects = false;
  let settle;
  /** Rejects what waits for a mapping. */
  const waiting = new Set();
  const gone = () => new DOMException('the device is lost', 'OperationError');
  const aborted = () => new DOMException('', 'AbortError');

  /** What is asked of the device, or what a lost one answers. */
  const ask = async (work, answer) => {
    if (lost && rejects) throw gone();
    if (lost) return answer;
    const result = await work();
    if (lost && rejects) throw gone();
    return lost ? answer : result;
  };

  function playBuffer(buffer) {
    let mapped = false;
    const { mapAsync, getMappedRange } = buffer;
    own(buffer, 'mapAsync', async (...parameters) => {
      if (lost) throw aborted();
      let leave;
      const loss = new Promise((_, reject) => {
        leave = () => reject(aborted());
      });
      waiting.add(leave);
      try {
        await Promise.race([mapAsync.apply(buffer, parameters), loss]);
        mapped = true;
      } finally {
        waiting.delete(leave);
      }
    });
    own(buffer, 'getMappedRange', (...parameters) => {
      // A lost device unmaps its buffers.
      if (lost || !mapped) throw new DOMException('the buffer is not mapped', 'OperationError');
      return getMappedRange.apply(buffer, parameters);
    });
    return buffer;
  }

  function playModule(module, code) {
    const { getCompilationInfo } = module;
    own(module, 'getCompilationInfo', () => ask(() => getCompilationInfo.call(module), { messages: [] }));
    own(module, 'code', code);
    return module;
  }

  const queue = {
    submit(commands) {
      if (!lost) stage.queue.submit(commands);
    },
    writeBuffer(...parameters) {
      if (!lost) stage.queue.writeBuffer(...parameters);
    },
    onSubmittedWorkDone: () => ask(() => stage.queue.onSubmittedWorkDone(), undefined),
  };

  return {
    queue,
    limits: stage.limits,
    features: stage.features,
    lost: new Promise((resolve) => {
      settle = resolve;
    }),
    onuncapturederror: null,
    createBuffer: (descriptor) => playBuffer(stage.createBuffer(descriptor)),
    createBindGroup: (descriptor) => stage.createBindGroup(descriptor),
    createCommandEncoder: (descriptor) => stage.createCommandEncoder(descriptor),
    createShaderModule: (descriptor) => playModule(stage.createShaderModule(descriptor), descriptor.code),
    createComputePipelineAsync(descriptor) {
      const { module, entryPoint } = descriptor.compute;
      const key = `${entryPoint}\n${module.code}`;
      // Compiled once, by whichever device asks first, whether or not that one is lost meanwhile.
      const known = pipelines.get(key) ?? stage.createComputePipelineAsync(descriptor);
      pipelines.set(key, known);
      known.catch(() => pipelines.delete(key));
      return ask(() => known, known);
    },
    pushErrorScope: (filter) => stage.pushErrorScope(filter),
    popErrorScope() {
      // The stage's scopes are popped in any case: devices share their stack.
      const popped = stage.popErrorScope();
      popped.catch(() => {});
      return ask(() => popped, null);
    },
    /** Loses the device in one of the ways of FAULTS. */
    lose(how) {
      if (lost) return;
      lost = true;
      rejects = how === 'lostRejects' || how === 'lostTold';
      const report = { reason: 'unknown', message: 'injected: the driver was reset' };
      const leaveAll = () => {
        for (const leave of waiting) leave();
      };
      if (how === 'lostTold') {
        settle(report);
        setTimeout(leaveAll, 0);
        return;
      }
      leaveAll();
      if (how === 'lostUnsaid' || rejects) setTimeout(settle, UNSAID, report);
      else queueMicrotask(() => settle(report));
    },
    destroy() {
      lost = true;
      for (const leave of waiting) leave();
      settle({ reason: 'destroyed', message: '' });
    },
  };
}

function own(target, name, value) {
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
}
