import { FitError, isFitError } from '../../errors.ts';
import { messageOf } from './adapter.ts';

export interface LossReport {
  /** `destroyed` when the program asked for it, else `unknown`. */
  readonly reason: string;
  readonly message: string;
}

/** Watches one device, so that whoever waits for it gets an error when it goes away instead of waiting for ever. */
export interface DeviceLoss {
  readonly lost: Promise<LossReport>;
  /** @throws FitError DeviceError once the device is lost or destroyed */
  check(): void;
  /**
   * The result of some work of the device, or DeviceError as soon as the device is lost; where the work fails, as
   * {@link explain} has it.
   */
  orLost<T>(what: string, work: Promise<T>): Promise<T>;
  /**
   * The error of something that failed: a tagged one as it is, else DeviceError, that of the loss where it was one. What
   * waits for a device that goes away may fail before it tells.
   */
  explain(what: string, cause: unknown): Promise<FitError>;
  /** Counts the device as lost at once: its own report comes later. */
  declare(report: LossReport): void;
}

/** Milliseconds in which a device that failed at something tells that it is lost. */
const TELLING = 100;

export function watchLoss(device: GPUDevice): DeviceLoss {
  // A set of those who wait now, not a race with `device.lost`: every race would leave a reaction there for good.
  const waiting = new Set<(error: FitError) => void>();
  let error: FitError | null = null;
  let settle: (report: LossReport) => void = () => {};
  const lost = new Promise<LossReport>((resolve) => {
    settle = resolve;
  });
  const declare = (report: LossReport): void => {
    if (error !== null) return;
    error = lossError(report);
    settle(report);
    for (const reject of waiting) reject(error);
    waiting.clear();
  };
  device.lost.then(
    ({ reason, message }) => declare({ reason: String(reason), message }),
    () => declare({ reason: 'unknown', message: '' }),
  );
  const explain = async (what: string, cause: unknown): Promise<FitError> => {
    if (isFitError(cause)) return cause;
    await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, TELLING))]);
    return error ?? new FitError('DeviceError', `${what}: ${messageOf(cause)}`, { cause });
  };
  return {
    lost,
    declare,
    explain,
    check() {
      if (error !== null) throw error;
    },
    async orLost(what, work) {
      if (error !== null) {
        work.catch(() => {});
        throw error;
      }
      let leave: (error: FitError) => void = () => {};
      const loss = new Promise<never>((_, reject) => {
        leave = reject;
      });
      waiting.add(leave);
      try {
        return await Promise.race([work, loss]);
      } catch (cause) {
        throw await explain(what, cause);
      } finally {
        waiting.delete(leave);
      }
    },
  };
}

function lossError({ reason, message }: LossReport): FitError {
  const why = reason === 'destroyed' ? 'it was destroyed' : message || 'the driver gave no reason';
  return new FitError('DeviceError', `the WebGPU device is gone: ${why}`, {
    remedy: 'Run again; if it happens again, use the CPU backend (“backend: cpu”).',
  });
}
