/** What the options “residual” and “dispersion” say, parsed; `residual-rows.ts` evaluates it on a table. */
import { FitError, nearestName } from '../errors.ts';
import { STRUCTURES, type StructureName } from '../types/residual.ts';
import { type GroupingFactor, parseInteraction, stripParentheses } from './grouping.ts';
import { checkPlaces, findBar } from './parse.ts';
import { ExpressionParser } from './pratt.ts';
import { type SourceText, sourceError } from './source.ts';
import { collectNames, deparse, type Expression } from './syntax.ts';
import { expandTerms, type ModelTerms, type Variable } from './terms.ts';

/** A parsed `us(visit | arm / subject)`; plain data. */
export interface ResidualFormula {
  /** As the user wrote it. */
  readonly source: string;
  readonly structure: StructureName;
  /** What orders the rows of a subject: visits, or the times of `sp_exp`. */
  readonly visit: Variable;
  readonly subject: GroupingFactor;
  /** Groups with parameters of their own. */
  readonly by: GroupingFactor | null;
}

/** A parsed `~ sex`; plain data. */
export interface DispersionFormula {
  readonly source: string;
  readonly terms: ModelTerms;
}

/** Names of SAS (without blanks, in small letters), glmmTMB and nlme for structures that have another one here. */
const SYNONYMS: ReadonlyMap<string, StructureName> = new Map<string, StructureName>([
  ...(['un', 'unr', 'unstructured'] as const).map((name): [string, StructureName] => [name, 'us']),
  ['un(1)', 'diag'],
  ['homcs', 'cs'],
  ['ar(1)', 'ar1'],
  ['arh(1)', 'ar1h'],
  ['arh1', 'ar1h'],
  ['hetar1', 'ar1h'],
  ['homtoep', 'toep'],
  ['ante(1)', 'adh'],
  ...(['car1', 'ou', 'sp(exp)', 'sp(pow)'] as const).map((name): [string, StructureName] => [name, 'sp_exp']),
]);

/** Names of independent residuals with one standard deviation, which is what there is without a structure. */
const INDEPENDENT = ['vc', 'simple', 'homdiag', 'ind', 'independence', 'none'];

const EXAMPLE = 'Write it like us(visit | subject), or us(visit | arm / subject).';

export function residualSource(text: string): SourceText {
  return { text, noun: '“residual”', tag: 'FormulaError', option: 'residual' };
}

export function dispersionSource(text: string): SourceText {
  return { text, noun: '“dispersion”', tag: 'FormulaError', option: 'dispersion' };
}

/**
 * Parses a covariance structure of residuals, `us(visit | subject)` or `us(visit | by / subject)`. Names of structures may
 * be written in capitals, and as SAS has them (`un`, `arh(1)`).
 *
 * Throws FormulaError with the column of the mistake.
 */
export function parseResidual(text: string): ResidualFormula {
  const source = residualSource(requireText(text, 'residual'));
  const { word, position, inner } = parseStructure(source);
  const structure = structureNamed(word, position, source);
  if (inner === undefined) {
    throw sourceError(source, text.length + 1, `'${word}' names no visit and no subject`, EXAMPLE);
  }
  return { source: text, structure, ...rolesOf(inner, source) };
}

/** The structure that a word means; throws the error of the source for none. */
function structureNamed(word: string, position: number, source: SourceText): StructureName {
  const name = word.toLowerCase().replace(/\s+/g, '');
  const found = STRUCTURES.find((structure) => structure === name) ?? SYNONYMS.get(name);
  if (found !== undefined) return found;
  if (INDEPENDENT.includes(name)) {
    throw sourceError(
      source,
      position,
      `'${word}' means independent residuals with one standard deviation, as they are without “residual”`,
      'Leave it out; diag has a standard deviation for each visit, “dispersion” one for each group.',
    );
  }
  if (name === 'auto') {
    throw sourceError(
      source,
      position,
      'a fit takes one structure, by its name',
      'The command compare with “structures” auto ranks them for each response: give the one that it puts first.',
    );
  }
  const near = nearestName(name, [...STRUCTURES, ...SYNONYMS.keys()]);
  throw sourceError(
    source,
    position,
    `unknown structure '${word}'${near === undefined ? '' : `; did you mean '${near}'?`}`,
    `Structures are ${STRUCTURES.join(', ')}.`,
  );
}

/** The word of a structure, its number with it (`arh(1)`), and what stands in the parentheses behind it, if any. */
function parseStructure(source: SourceText): { word: string; position: number; inner: Expression | undefined } {
  const parser = new ExpressionParser(source);
  if (parser.token.kind === 'end') parser.fail(1, 'there is no structure', EXAMPLE);
  if (parser.token.kind !== 'name') parser.unexpected(EXAMPLE);
  const { text, position } = parser.advance();
  const first = parenthesis(parser);
  if (first === undefined || findBar(first) !== undefined) {
    parser.end();
    return { word: text, position, inner: first };
  }
  const word = `${text}(${deparse(first)})`;
  if (parser.at('(')) {
    const second = parenthesis(parser);
    parser.end();
    return { word, position, inner: second };
  }
  parser.end();
  const known = SYNONYMS.has(word.toLowerCase().replace(/\s+/g, ''));
  return known ? { word, position, inner: undefined } : { word: text, position, inner: first };
}

/** What stands in the parentheses at hand; undefined where there are none. */
function parenthesis(parser: ExpressionParser): Expression | undefined {
  if (!parser.at('(')) return undefined;
  const opened = parser.advance().position;
  if (parser.at(')')) parser.unexpected(EXAMPLE);
  const inner = parser.expression();
  if (parser.at(',')) parser.fail(parser.token.position, "'|' separates the visit from the subject", EXAMPLE);
  parser.close(opened);
  return inner;
}

/** Visit, groups and subject of `visit | by / subject`. */
function rolesOf(expression: Expression, source: SourceText): Pick<ResidualFormula, 'visit' | 'subject' | 'by'> {
  const inner = stripParentheses(expression);
  if (inner.type !== 'binary' || !['|', '||'].includes(inner.operator)) {
    throw sourceError(source, expression.position, "there is no '|' between a visit and a subject", EXAMPLE);
  }
  if (inner.operator === '||') throw sourceError(source, inner.position, "unexpected '||'", EXAMPLE);
  for (const side of [inner.left, inner.right]) {
    const bar = findBar(side);
    if (bar !== undefined) throw sourceError(source, bar.position, "there is more than one '|'", EXAMPLE);
  }
  const left = stripParentheses(inner.left);
  if (left.type !== 'name' && left.type !== 'call') {
    throw sourceError(
      source,
      left.position,
      'the visit is one column',
      'Write it like us(visit | subject); random effects such as ar1(0 + visit | subject) belong in the formula.',
    );
  }
  const visit: Variable = { label: deparse(left), expression: left };
  const right = stripParentheses(inner.right);
  const nested = right.type === 'binary' && right.operator === '/';
  const outer = nested ? stripParentheses(right.left) : null;
  if (outer?.type === 'binary' && outer.operator === '/') {
    throw sourceError(source, outer.position, "there is more than one '/'", 'Join groups by a colon: a:b / subject.');
  }
  const by = outer === null ? null : parseInteraction(outer, source);
  const subject = parseInteraction(nested ? right.right : right, source);
  for (const { label, expression: own } of [visit, ...(by?.variables ?? []), ...subject.variables]) {
    checkPlaces(own, source);
    if (own === left || label !== visit.label) continue;
    throw sourceError(source, own.position, `'${label}' cannot be both visit and subject`, EXAMPLE);
  }
  // A subject may be an id within its group, arm / arm:id, but not the group itself.
  if (by?.name === subject.name) {
    throw sourceError(source, right.position, `'${by.name}' cannot be both group and subject`, EXAMPLE);
  }
  return { visit, subject, by };
}

/**
 * Parses the model of the residuals' log standard deviation, a right side such as `~ sex` or `~ 0 + visit`.
 *
 * Throws FormulaError with the column of the mistake.
 */
export function parseDispersion(text: string): DispersionFormula {
  const source = dispersionSource(requireText(text, 'dispersion'));
  const remedy = 'Write it like ~ sex.';
  const parser = new ExpressionParser(source);
  if (!parser.at('~')) {
    if (parser.token.kind !== 'end') parser.expression();
    if (parser.at('~')) parser.fail(1, 'this has a left side', 'Begin with the ~.');
    parser.fail(1, "there is no '~'", remedy);
  }
  parser.advance();
  if (parser.token.kind === 'end') parser.unexpected(remedy);
  const right = parser.expression();
  if (parser.at('~')) parser.unexpected('There is one ~.');
  parser.end();
  const bar = findBar(right);
  if (bar !== undefined) {
    throw sourceError(source, bar.position, 'the standard deviation of residuals has no random terms', remedy);
  }
  const terms = expandTerms(right, source);
  for (const { expression } of terms.variables) checkPlaces(expression, source);
  if (terms.offsets.length > 0) {
    const { position } = terms.variables[terms.offsets[0]].expression;
    throw sourceError(source, position, 'an offset cannot stand here', remedy);
  }
  if (!terms.intercept && terms.terms.length === 0) {
    throw sourceError(source, right.position, 'this has no column', remedy);
  }
  return { source: text, terms };
}

/** The variables that a structure reads: visit, groups, subject. */
export function residualVariables({ visit, by, subject }: ResidualFormula): Variable[] {
  return [visit, ...(by?.variables ?? []), ...subject.variables];
}

/** Names of the columns that these options read. */
export function residualColumns({
  residual,
  dispersion,
  structures,
}: {
  readonly residual?: string | undefined;
  readonly dispersion?: string | undefined;
  readonly structures?: string | undefined;
}): string[] {
  const names = new Set<string>();
  const texts = [
    ...(residual === undefined ? [] : [residual]),
    ...(structures === undefined ? [] : structureTexts(structures, residual).filter((text) => text !== NO_STRUCTURE)),
  ];
  const variables = texts.flatMap((text) => residualVariables(parseResidual(text)));
  if (dispersion !== undefined) variables.push(...parseDispersion(dispersion).terms.variables);
  for (const { expression } of variables) collectNames(expression, names);
  return [...names];
}

/** The text of the same visits and subjects with another structure. */
export function withStructure({ visit, by, subject }: ResidualFormula, structure: StructureName): string {
  const text = ({ variables }: GroupingFactor) => variables.map(({ label }) => label).join(':');
  return `${structure}(${visit.label} | ${by === null ? '' : `${text(by)} / `}${text(subject)})`;
}

/** Entry of a list of structures for residuals without one. */
export const NO_STRUCTURE = 'none';

/** Whether a list of structures has `auto`: the best of all, for each response. */
export function choosesStructure(list: string | undefined): boolean {
  return list !== undefined && splitEntries(list).some((entry) => /^auto\b/i.test(entry));
}

/** What `auto` stands for: from the one that holds all others to those of one correlation. */
const AUTO: readonly StructureName[] = ['us', 'toeph', 'ar1h', 'adh', 'csh', 'toep', 'ar1', 'ad', 'cs', 'diag'];

/**
 * Structures to compare, each as the text of “residual”: `us,csh,ar1(visit | subject)`, where names alone take visit and
 * subject from the entry that has them, or from `residual`; `auto` stands for all structures over visits, `none`
 * (returned as such) for independent residuals of one standard deviation.
 *
 * Throws FormulaError for what is no structure, OptionError where visit and subject are not named.
 */
export function structureTexts(list: string, residual?: string): string[] {
  const entries = splitEntries(requireText(list, 'structures'));
  const sources = entries.map(
    (text): SourceText => ({ ...residualSource(text), noun: '“structures”', option: 'structures' }),
  );
  const parsed = sources.map((source) => {
    const { word, position, inner } = parseStructure(source);
    if (INDEPENDENT.includes(word.toLowerCase())) return null;
    const auto = word.toLowerCase() === 'auto';
    const structure = auto ? 'us' : structureNamed(word, position, source);
    return { auto, source: source.text, structure, roles: inner === undefined ? null : rolesOf(inner, source) };
  });
  const first = parsed.find((entry) => entry?.roles)?.roles ?? null;
  const template = residual === undefined ? null : parseResidual(residual);
  const texts = parsed.flatMap((entry) => {
    if (entry === null) return [NO_STRUCTURE];
    const { auto, source, structure, roles } = entry;
    const found = roles ?? first ?? template;
    if (found === null) {
      throw new FitError('OptionError', `“structures: ${list}”: visit and subject are not named`, {
        option: 'structures',
        remedy: 'Name them once, as in us(visit | subject),csh,ar1, or with “residual”.',
      });
    }
    if (auto) return AUTO.map((name) => withStructure({ ...found, source, structure }, name));
    return [roles === null ? withStructure({ ...found, source, structure }, structure) : source];
  });
  return [...new Set(texts)];
}

/** Entries between the commas outside of parentheses and quotes. */
function splitEntries(list: string): string[] {
  const entries = [''];
  let depth = 0;
  let quote = '';
  for (const letter of list) {
    if (quote !== '') quote = letter === quote ? '' : quote;
    else if (letter === '`' || letter === '"' || letter === "'") quote = letter;
    else if (letter === '(') depth++;
    else if (letter === ')') depth--;
    if (letter === ',' && depth === 0 && quote === '') entries.push('');
    else entries[entries.length - 1] += letter;
  }
  return entries.map((entry) => entry.trim());
}

function requireText(text: string, option: 'residual' | 'dispersion' | 'structures'): string {
  if (typeof text === 'string') return text;
  throw new FitError('FormulaError', `“${option}” is no text`, { option, source: '', position: 1, remedy: EXAMPLE });
}
