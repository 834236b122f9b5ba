/** Stand-in with the signatures of the plots. */
export interface PlotTheme { readonly dark: boolean }
export interface PlotHandle { update(data: unknown): void; toSvg(): string; toPng(scale?: number): Promise<Blob>; destroy(): void }
export interface GenePoints { names: readonly string[]; effect: Float64Array; log10P: Float64Array; adjusted: Float64Array; mean: Float64Array; sigma: Float64Array }
export interface PlotEvents { onHover?(index: number | null): void; onSelect?(indices: readonly number[]): void; onOpen?(index: number): void }
function stub(host: HTMLElement): PlotHandle {
  const canvas = document.createElement('canvas');
  host.append(canvas);
  return { update() {}, toSvg: () => '<svg xmlns="http://www.w3.org/2000/svg"/>', toPng: async () => new Blob([]), destroy: () => canvas.remove() };
}
export const volcanoPlot = (host: HTMLElement, _data: GenePoints & { threshold: number; labels: number; selected?: readonly number[] }, _events?: PlotEvents): PlotHandle => stub(host);
export const pHistogram = (host: HTMLElement, _data: { p: Float64Array }): PlotHandle => stub(host);
export const qqPlot = (host: HTMLElement, _data: { log10P: Float64Array; names: readonly string[] }, _events?: PlotEvents): PlotHandle => stub(host);
export const meanVariancePlot = (host: HTMLElement, _data: GenePoints, _events?: PlotEvents): PlotHandle => stub(host);
export const varianceFractionPlot = (host: HTMLElement, _data: { components: readonly string[]; fractions: readonly Float64Array[] }): PlotHandle => stub(host);
export const genePlot = (host: HTMLElement, _data: { groups: readonly { label: string; condition: string; donor: string; values: Float64Array }[]; fitted: readonly { condition: string; mean: number; low: number; high: number }[]; yLabel: string }): PlotHandle => stub(host);
export const caterpillarPlot = (host: HTMLElement, _data: { levels: readonly string[]; estimate: Float64Array; standardError: Float64Array; title: string }): PlotHandle => stub(host);
