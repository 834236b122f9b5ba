/** A page for each record of a benchmark, and one that says how they were measured. */
import { readMethods, readRecords } from '../.vitepress/records.ts';

export default {
  watch: ['../../bench/results/*.md'],
  paths: () => [
    { params: { record: 'index' }, content: readMethods() },
    ...readRecords().map(({ name, text }) => ({ params: { record: name }, content: text })),
  ],
};
