/** The plots of the application. Each puts itself into an element and is a {@link PlotHandle} from then on. */
export { caterpillarPlot } from './caterpillar.ts';
export { dotPlot } from './dot-plot.ts';
export { foundBars } from './found-bars.ts';
export { genePlot } from './gene.ts';
export { maPlot } from './ma.ts';
export { meanVariancePlot } from './mean-variance.ts';
export { pHistogram } from './p-histogram.ts';
export type * from './plot-data.ts';
export { qqPlot } from './qq.ts';
export type { PlotTheme } from './theme.ts';
export { varianceFractionPlot } from './variance-fraction.ts';
export { volcanoPlot } from './volcano.ts';
