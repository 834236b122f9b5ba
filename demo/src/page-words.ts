/** Notes and remedies of the library in the words of the page, which has boxes where the command line has options. */

const BOXES: Readonly<Record<string, string>> = {
  'adjust-across': 'Adjusted over',
  bootstrap: 'Bootstrap',
  contrast: 'Contrasts',
  ddf: 'Degrees of freedom',
  factor: 'Numbers as factors',
  formula: 'the formula',
  layer: 'Layer',
  'min-cells': 'Genes seen in at least',
  'min-counts': 'Cells with at least so many counts',
  ml: 'Likelihood',
  na: 'Missing values',
  normalize: 'Normalisation',
  obs: 'Annotation',
  offset: 'Offset',
  responses: 'Only responses',
  'split-by': 'One fit for each',
  weights: 'Weights',
  where: 'Only rows where',
};

/** The text with `--option VALUE` as the name of its box; options that the page lacks are left as what they are called. */
export function pageWords(text: string): string {
  return text
    .replace(/--([a-z][a-z-]*)(?: (?:[A-Z]{2,}|\d+|<[^>]*>|[a-z0-9-]+(?=[ ,;.)]|$)))?/g, (whole, option: string) => {
      const box = BOXES[option];
      return box === undefined ? `the command line's ${whole}` : `“${box}”`;
    })
    .replace(/^WARNING: /, '');
}
