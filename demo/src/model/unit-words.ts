/** Levels of a grouping factor in the user's words, where the column is called as its units are: "80 patients". Pure. */

const REGULAR =
  /^(donor|subject|patient|individual|participant|person|animal|sample|plate|site|cage|litter|couple|pair|school|pupil|student|hospital|ward|centre|center|child|visit|herd|farm|village|household|worker|user|volunteer|replicate|run|pool|rat|cow|plot|block|peptide|protein|gene|item|rater|judge)$/i;
const PLURALS: Readonly<Record<string, string>> = {
  mouse: 'mice',
  batch: 'batches',
  class: 'classes',
  family: 'families',
  child: 'children',
  person: 'persons',
  library: 'libraries',
  dish: 'dishes',
};

/** What several levels of a column are called: `patients` of `patient`; null where its name is no plain noun. */
export function unitNoun(column: string): string | null {
  const name = column.toLowerCase();
  if (Object.hasOwn(PLURALS, name)) return PLURALS[name];
  return REGULAR.test(column) ? `${name}s` : null;
}

/** What one level of a column is called: `patient` of `patient`; `usual` where its name is no plain noun. */
export function unitWord(column: string, usual: string): string {
  return unitNoun(column) === null ? usual : column.toLowerCase();
}

/** Several of them: `patients`. */
export function unitsWord(column: string, usual: string): string {
  return unitNoun(column) ?? usual;
}

export function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}

export function capitalised(text: string): string {
  return text.replace(/^\p{L}/u, (letter) => letter.toUpperCase());
}

/** "80 patients", or "80 levels of donor_id"; `number` is written. */
export function levelsOf(number: string, column: string): string {
  const noun = unitNoun(column);
  if (noun === null) return `${number} ${number === '1' ? 'level' : 'levels'} of ${column}`;
  return `${number} ${number === '1' ? column.toLowerCase() : noun}`;
}

/** What the rows of a table are: its visits, where residuals go together by a column that is called so. */
export function rowNounOf(rowNoun: string, residual = ''): string {
  const column = /\(\s*`?([^|`]+?)`?\s*\|/.exec(residual)?.[1];
  return (column === undefined ? null : unitNoun(column)) ?? rowNoun;
}

/**
 * What a test rests on, as the library says it, in the user's words. Levels that hold a few rows each stand before these, as they are
 * what repeats: "80 patients (277 visits)" for "277 rows of 80 levels of 'patient'".
 */
export function unitWords(text: string, rowNoun: string): string {
  return text
    .replace(
      /(\d+ to \d+|\d+) rows of (\d+) levels? of '([^']*)'/g,
      (_, rows: string, levels: string, column: string) => {
        const units = unitNoun(column) === null ? `${levels} levels of '${column}'` : levelsOf(levels, column);
        return `${units}${rows.includes(' ') ? ' or more' : ''} (${rows} ${rowNoun})`;
      },
    )
    .replace(/ with rows to compare\b/g, ` with ${rowNoun} to compare`)
    .replace(/\b(\d+(?: to \d+)?) rows\b/g, (_, number: string) => `${number} ${rowNoun}`)
    .replace(/(\d+ to \d+|\d+) levels? of '([^']*)'/g, (whole, number: string, column: string) =>
      unitNoun(column) === null ? whole : levelsOf(number, column),
    )
    .replace(/(^|up to )levels of '([^']*)', /g, (whole, before: string, column: string) => {
      const noun = unitNoun(column);
      return noun === null ? whole : `${before}${noun}, `;
    })
    .replace(
      /(\d+) (\S+) up to (\d+) \2 \((\d+ \w+)\)/g,
      (_, least: string, noun: string, most: string, rows: string) =>
        least === most ? `${least} ${noun} (up to ${rows})` : `${least} to ${most} ${noun} (up to ${rows})`,
    );
}
