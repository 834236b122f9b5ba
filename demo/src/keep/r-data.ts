/** R code that reads the data of a run into `d`, a row for each row of the model frame. */

import { leftOf } from '../model/formula-names.ts';
import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { dataPath } from './equivalents.ts';
import { readMatrix, readObs, readTable } from './r-matrix.ts';
import { rSizes, rVoom } from './r-voom.ts';
import { bare, type RSettings, rName, rString } from './r-words.ts';

export interface RData {
  readonly libraries: readonly string[];
  readonly lines: readonly string[];
  /** Lines that need the rows and levels of the model. */
  readonly after?: readonly string[];
  /** Left side of the formula. */
  readonly left: string;
}

/** The response of a matrix or a bulk table, with what is done to its values. */
function response(settings: Settings & RSettings, value: string, totals: string): string[] {
  const { normalize, transform, zeroIsMissing } = settings;
  const lines =
    normalize === 'none'
      ? [`d$y <- ${value}`]
      : [`d$y <- log1p(${normalize === 'log1p-cpm' ? '1e6' : '1e4'} * ${value} / ${totals})`];
  if (zeroIsMissing) lines.push('d$y[d$y == 0] <- NA');
  if (transform !== 'none') lines.push(`d$y <- ${transform}(d$y)`);
  return lines;
}

export function rData(settings: Settings & RSettings, summary: DataSummary, name: string): RData {
  const { layer, minCounts, offset, totals } = settings;
  const libraries: string[] = [];
  const lines: string[] = [];
  const path = dataPath(summary);
  if (summary.kind === 'matrix') {
    libraries.push('Matrix', ...(/\.(h5ad|h5mu|h5)$/i.test(path) ? ['rhdf5'] : []));
    lines.push(...readMatrix(summary, layer));
    if (minCounts > 0) {
      lines.push(
        `enough <- Matrix::rowSums(counts) >= ${minCounts}`,
        'counts <- counts[enough, ]',
        'd <- d[enough, , drop = FALSE]',
      );
    }
    lines.push(
      ...response(
        settings,
        `counts[rownames(d), ${rString(name)}]`,
        totals === '' ? 'Matrix::rowSums(counts)[rownames(d)]' : `d[[${rString(totals)}]]`,
      ),
    );
    if (offset === 'library') lines.push('d$library <- log(Matrix::rowSums(counts))');
    return { libraries, lines, left: 'y' };
  }
  if (summary.kind === 'bulk') {
    lines.push(
      `values <- ${readTable(path, 'row.names = 1, check.names = FALSE')}`,
      ...readObs(summary.roles.obs ?? ''),
      'd <- d[intersect(rownames(d), colnames(values)), , drop = FALSE]',
      'values <- values[rownames(d)]',
    );
    if (minCounts > 0) lines.push(`d <- d[colSums(values)[rownames(d)] >= ${minCounts}, , drop = FALSE]`);
    if (settings.weights === 'voom') lines.push(...rSizes(settings));
    else {
      lines.push(
        ...response(
          settings,
          `unlist(values[${rString(name)}, rownames(d)])`,
          totals === '' ? 'colSums(values)[rownames(d)]' : `d[[${rString(totals)}]]`,
        ),
      );
    }
    if (offset === 'library') lines.push('d$library <- log(colSums(values)[rownames(d)])');
    if (summary.roles.weights !== null) {
      lines.push(
        `w <- ${readTable(summary.roles.weights, 'row.names = 1, check.names = FALSE')}`,
        `d$w <- unlist(w[${rString(name)}, rownames(d)])`,
      );
    }
    return { libraries, lines, after: settings.weights === 'voom' ? rVoom(settings, summary, name) : [], left: 'y' };
  }
  lines.push(`d <- ${readTable(path, 'stringsAsFactors = TRUE, check.names = FALSE')}`);
  const left = leftOf(settings.formula);
  const several = /^cbind\(/.test(left) && settings.family === 'gaussian';
  const one = left === '' || several ? rName(name) : left;
  const column = rName(bare(one));
  if (settings.zeroIsMissing) lines.push(`d$${column}[which(d$${column} == 0)] <- NA`);
  if (settings.transform !== 'none') lines.push(`d$${column} <- ${settings.transform}(d$${column})`);
  return { libraries, lines, left: one };
}
