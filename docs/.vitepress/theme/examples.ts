/** Tables of `examples/` that a page can hold. */
import clinic from '../../../examples/clinic.csv?raw';
import counts from '../../../examples/counts.csv?raw';
import couples from '../../../examples/couples.csv?raw';
import visits from '../../../examples/visits.csv?raw';

export const EXAMPLES: Readonly<Record<string, string>> = { clinic, counts, couples, visits };
