/**
 * Thrown by a pass over a text matrix whose cells turn out not to be in order, after some blocks were handed out as
 * whole. The source remembers it (`ordered` is false from then on): drop what the pass gathered and start another;
 * its blocks have `whole: false`.
 */
export class UnorderedMatrixError extends Error {
  /** File of the matrix. */
  readonly path: string;

  constructor(path: string) {
    super(`${path}: the entries are not ordered by cell; the pass has to start again`);
    this.name = 'UnorderedMatrixError';
    this.path = path;
  }
}
