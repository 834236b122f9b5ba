import { outputBlob } from 'webgpu-lmm';
import type { ExportRequest } from './protocol.ts';
import type { FittedRun } from './run.ts';

/** The table that was asked for, as the command writes it. */
export function exportBlob({ result }: FittedRun, target: ExportRequest): Promise<Blob> {
  return outputBlob(result, target);
}
