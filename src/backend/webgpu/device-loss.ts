import { FitError } from '../../errors.ts';

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
  /** The result of some work of the device, or DeviceError as soon as the device is lost. */
  orLost<T>(work: Promise<T>): Promise<T>;
  /** Counts the device as lost at once: its own report comes later. */
  declare(report: LossReport): void;
}

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
  return {
    lost,
    declare,
    check() {
      if (error !== null) throw error;
    },
    async orLost(work) {
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
      } finally {
        waiting.delete(leave);
      }
    },
  };
}

function lossError({ reason, message }: LossReport): FitError {
  const why = reason === 'destroyed' ? 'it was destroyed' : message || 'the driver gave no reason';
  return new FitError('DeviceError', `the WebGPU device is gone: ${why}`, {
    remedy: 'Run again; if it happens again, use the CPU backend (--backend cpu).',
  });
}
