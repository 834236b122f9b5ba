/** Which column of a table is the response: of matrices none is, and the code is loaded with a table. */

export { guessResponse } from 'webgpu-lmm/steps';
