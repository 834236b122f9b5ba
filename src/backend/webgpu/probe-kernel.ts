import { BUFFER_USAGE } from './buffers.ts';
import type { WebGpu } from './device.ts';
import { link, type NumberFormat } from './link.ts';

/** One call of a small kernel: fresh buffers, one dispatch, one result read back. */
export interface KernelCall {
  readonly kernel: string;
  readonly number: NumberFormat;
  readonly constants?: Readonly<Record<string, number>>;
  /** Threads, and `count` of the settings; the workgroup has `group` of them. */
  readonly count: number;
  readonly group: number;
  /** Bound from 1 on, in order; `uniform` ones as uniform buffers. */
  readonly inputs: readonly { readonly data: ArrayBufferView; readonly uniform?: boolean }[];
  /** Bytes of the results, each bound after the inputs at its own number. */
  readonly outputs: readonly { readonly size: number; readonly binding: number }[];
  readonly sources?: Readonly<Record<string, string>>;
}

/** @returns contents of the outputs, in order */
export async function callKernel(gpu: WebGpu, call: KernelCall): Promise<ArrayBuffer[]> {
  const { kernel, number, constants = {}, count, group, inputs, outputs, sources } = call;
  const label = `${kernel} ${number}`;
  const pipeline = await gpu.pipeline(label, link(kernel, { number, constants }, sources));
  const owned: GPUBuffer[] = [];
  const create = async (name: string, size: number, usage: number): Promise<GPUBuffer> => {
    const buffer = await gpu.createBuffer(`${label} ${name}`, size, usage);
    owned.push(buffer);
    return buffer;
  };
  try {
    const bound: (GPUBuffer | null)[] = [];
    const settings = await create('settings', 16, BUFFER_USAGE.uniform | BUFFER_USAGE.copyTarget);
    gpu.upload(settings, Uint32Array.of(0, count, 0, 0));
    bound[0] = settings;
    const free = (): number => {
      let at = 1;
      while (bound[at] !== undefined || outputs.some((output) => output.binding === at)) at++;
      return at;
    };
    for (const { data, uniform } of inputs) {
      const usage = (uniform === true ? BUFFER_USAGE.uniform : BUFFER_USAGE.storage) | BUFFER_USAGE.copyTarget;
      const at = free();
      const buffer = await create(`input ${at}`, data.byteLength, usage);
      gpu.upload(buffer, data);
      bound[at] = buffer;
    }
    for (const { size, binding } of outputs) {
      bound[binding] = await create(`output ${binding}`, size, BUFFER_USAGE.storage | BUFFER_USAGE.copySource);
    }
    await gpu.dispatch(label, pipeline, bound, [Math.ceil(count / group)]);
    return await Promise.all(
      outputs.map(({ size, binding }) => {
        const buffer = bound[binding];
        if (buffer == null) throw new Error(`no buffer ${binding}`);
        return gpu.readBack(buffer, size);
      }),
    );
  } finally {
    for (const buffer of owned) buffer.destroy();
  }
}
