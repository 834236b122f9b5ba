/** First key of each family of random streams; a number is never used for two purposes. */
export const STREAM = {
  geneMeans: 1,
  geneDispersions: 2,
  geneDonorSds: 3,
  geneEffects: 4,
  geneTypes: 5,
  geneBatches: 6,
  people: 7,
  cells: 8,
  donorEffects: 9,
  counts: 10,
  visitSubjects: 11,
  visitRows: 12,
  visitTruth: 13,
  visitResponses: 14,
  geneSampleSds: 15,
  sampleEffects: 16,
} as const;
