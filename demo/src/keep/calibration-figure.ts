/** The picture of calibrated tests, as the library drew it, on the page, in files and in reports. */

import { svgPicture } from '../plots/svg-picture.ts';
import type { CalibrationAnswer } from '../protocol/analysis-protocol.ts';
import type { ShelfFigure } from './figure-shelf.ts';

/** @param words what became of each test, for those who don't see it */
export function calibrationFigure({ svg }: CalibrationAnswer, words: readonly string[]): ShelfFigure {
  return {
    id: 'calibration',
    kind: 'calibration',
    title: 'Calibration of the tests on this design',
    caption: `Quantiles of p-values where nothing is there, against those of tests that are right; grey: where 95 % of these lie.`,
    make: (place) =>
      svgPicture(place, svg, `Quantiles of p-values against those of tests that are right. ${words.join(' ')}`),
  };
}
