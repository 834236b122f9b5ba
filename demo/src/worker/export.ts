import { type FitResult, outputBlob } from 'webgpu-lmm';
import type { ExportRequest } from '../protocol/protocol.ts';

export { resultOfTable } from '../results/result-of-table.ts';

/** The table that was asked for, as the command writes it. */
export function exportBlob(result: FitResult, target: ExportRequest): Promise<Blob> {
  return outputBlob(result, target);
}
