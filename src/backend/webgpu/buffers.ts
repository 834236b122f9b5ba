import { FitError } from '../../errors.ts';
import { messageOf } from './adapter.ts';
import type { DeviceLoss } from './device-loss.ts';
import { inScopes } from './error-scopes.ts';

/** WebGPU's usage flags: the global of that name exists in browsers only. */
export const BUFFER_USAGE = {
  mapRead: 0x1,
  mapWrite: 0x2,
  copySource: 0x4,
  copyTarget: 0x8,
  uniform: 0x40,
  storage: 0x80,
  indirect: 0x100,
  queryResolve: 0x200,
} as const;

const MAP_READ = 1;
/** Staging buffers kept for re-use; each was needed at some time. */
const MAXIMUM_STAGING = 4;

/** Buffers of one device. Sizes and offsets in bytes, multiples of 4. */
export interface Buffers {
  createBuffer(label: string, size: number, usage: GPUBufferUsageFlags): Promise<GPUBuffer>;
  upload(buffer: GPUBuffer, data: ArrayBuffer | ArrayBufferView, offset?: number): void;
  readBack(buffer: GPUBuffer, size: number, offset?: number): Promise<ArrayBuffer>;
}

export function openBuffers(device: GPUDevice, loss: DeviceLoss): Buffers {
  const staging: GPUBuffer[] = [];

  const createBuffer = async (label: string, size: number, usage: GPUBufferUsageFlags): Promise<GPUBuffer> => {
    const maximum = device.limits.maxBufferSize;
    if (!Number.isInteger(size) || size <= 0 || size % 4 !== 0 || size > maximum) {
      throw new FitError('DeviceError', `buffer '${label}': ${size} bytes is no multiple of 4 in 4...${maximum}`);
    }
    return inScopes(device, loss, `buffer '${label}' of ${size} bytes`, () => {
      return device.createBuffer({ label, size, usage });
    });
  };

  /** The smallest free staging buffer that is large enough, else a new one of a power of two. */
  const takeStaging = async (size: number): Promise<GPUBuffer> => {
    const fitting = staging.filter((buffer) => buffer.size >= size).sort((a, b) => a.size - b.size)[0];
    if (fitting !== undefined) {
      staging.splice(staging.indexOf(fitting), 1);
      return fitting;
    }
    const rounded = Math.min(2 ** Math.ceil(Math.log2(Math.max(size, 256))), device.limits.maxBufferSize);
    return createBuffer('staging', Math.max(rounded, size), BUFFER_USAGE.mapRead | BUFFER_USAGE.copyTarget);
  };

  const giveStaging = (buffer: GPUBuffer): void => {
    staging.push(buffer);
    // The smallest goes: larger ones serve every request.
    if (staging.length > MAXIMUM_STAGING)
      staging
        .sort((a, b) => b.size - a.size)
        .pop()
        ?.destroy();
  };

  return {
    createBuffer,
    upload(buffer, data, offset = 0) {
      loss.check();
      try {
        if (ArrayBuffer.isView(data)) {
          device.queue.writeBuffer(buffer, offset, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
        } else device.queue.writeBuffer(buffer, offset, data);
      } catch (cause) {
        throw new FitError('DeviceError', `upload to '${buffer.label}' failed: ${messageOf(cause)}`, { cause });
      }
    },
    async readBack(buffer, size, offset = 0) {
      loss.check();
      const failed = `read-back of '${buffer.label}' failed`;
      const target = await takeStaging(size);
      try {
        await inScopes(device, loss, `read-back of '${buffer.label}'`, () => {
          const encoder = device.createCommandEncoder({ label: 'read-back' });
          encoder.copyBufferToBuffer(buffer, offset, target, 0, size);
          device.queue.submit([encoder.finish()]);
        });
        await loss.orLost(failed, target.mapAsync(MAP_READ, 0, size));
        const copy = target.getMappedRange(0, size).slice(0);
        target.unmap();
        giveStaging(target);
        return copy;
      } catch (cause) {
        target.destroy();
        loss.check();
        throw await loss.explain(failed, cause);
      }
    },
  };
}
