import { FitError, nearestName } from '../../errors.ts';
import { SHADERS } from './shaders.gen.ts';

/** Arithmetic that a kernel is linked with: shaders/num/NAME.wgsl. */
export type NumberFormat = 'f32' | 'df64-opaque' | 'df64-xor' | 'df64-fma';

export const NUMBER_FORMATS: readonly NumberFormat[] = ['df64-opaque', 'df64-xor', 'df64-fma', 'f32'];

export interface LinkOptions {
  readonly number: NumberFormat;
  /** Values of the kernel's `//#param` names. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Modules in the kernel's `//#slot` places, by the names of these. */
  readonly modules?: Readonly<Record<string, string>>;
}

/** Directive lines; to WGSL they are comments, so that every line of a module keeps its number. */
const IMPORT = /^\s*\/\/#import\s+(\S+)\s*$/;
const SLOT = /^\s*\/\/#slot\s+(\w+)\s*$/;
const NUMBER = /^\s*\/\/#number\s*$/;
const PARAMETER = /^\s*\/\/#param\s+([A-Za-z]\w*)(?:\s*:\s*(u32|i32|f32))?\s*(?:\/\/.*)?$/;
const DIRECTIVE = /^\s*\/\/#/;
/** WGSL wants these before all declarations of the whole text. */
const HEADER = /^\s*(?:enable|requires|diagnostic)\b[^;]*;\s*$/;
const SOURCE = /^\/\/#source (\S+)$/;

interface Parameter {
  readonly name: string;
  readonly type: 'u32' | 'i32' | 'f32' | null;
  readonly path: string;
  readonly line: number;
}

/**
 * The complete WGSL text of a kernel: modules that it imports (each once, before those that need them), the number
 * module in place of `//#number`, others in place of `//#slot NAME`, and one `const` line for each parameter. A parameter without a type becomes u32 when
 * its value is an integer >= 0, i32 when it is a negative integer, else f32; `//#param NAME: f32` decides it.
 *
 * @param entry path of the kernel under shaders/, without `.wgsl`
 * @param sources modules by such paths; the embedded ones
 * @throws FitError DeviceError with path and line: unknown import, cycle, missing, unknown or unfitting constant
 */
export function link(entry: string, options: LinkOptions, sources: Readonly<Record<string, string>> = SHADERS): string {
  const linked = new Set<string>();
  const headers: string[] = [];
  const modules: string[] = [];
  const parameters = new Map<string, Parameter>();

  const visit = (name: string, chain: readonly string[], from: { path: string; line: number } | null): void => {
    const text = Object.hasOwn(sources, name) ? sources[name] : undefined;
    if (text === undefined) throw unknownModule(name, from, sources);
    if (chain.includes(name)) {
      const cycle = [...chain.slice(chain.indexOf(name)), name].join(' -> ');
      throw linkError(`${place(from)}shader modules import each other: ${cycle}`, from);
    }
    if (linked.has(name)) return;
    const path = pathOf(name);
    const lines = text.split('\n').map((line, index) => {
      const here = { path, line: index + 1 };
      const imported = IMPORT.exec(line)?.[1] ?? (NUMBER.test(line) ? `num/${options.number}` : slotted(line, here));
      if (imported !== null) {
        visit(imported, [...chain, name], here);
        return line;
      }
      const parameter = PARAMETER.exec(line);
      if (parameter !== null) {
        const [, parameterName, type] = parameter;
        if (!parameters.has(parameterName)) {
          parameters.set(parameterName, { name: parameterName, type: asType(type), ...here });
        }
        return line;
      }
      if (DIRECTIVE.test(line)) throw linkError(`${place(here)}no such directive: ${line.trim()}`, here);
      if (!HEADER.test(line)) return line;
      if (!headers.includes(line.trim())) headers.push(line.trim());
      return '';
    });
    linked.add(name);
    modules.push(`//#source ${path}\n${lines.join('\n')}`);
  };
  const slotted = (line: string, here: { path: string; line: number }): string | null => {
    const slot = SLOT.exec(line)?.[1];
    if (slot === undefined) return null;
    const module = options.modules?.[slot];
    if (module === undefined) throw linkError(`${place(here)}no module for the slot ${slot}`, here);
    return module;
  };
  visit(entry, [], null);

  const declarations = declare(pathOf(entry), parameters, options.constants ?? {});
  return [...headers, ...declarations, ...modules].join('\n');
}

/** Module file and line in it of a line (from 1) of a linked text; null for lines that the linker wrote. */
export function sourceOfLine(linked: string, line: number): { path: string; line: number } | null {
  const lines = linked.split('\n');
  for (let at = Math.min(line, lines.length) - 1; at >= 0; at--) {
    const path = SOURCE.exec(lines[at])?.[1];
    if (path !== undefined) return { path, line: line - at - 1 };
  }
  return null;
}

function asType(text: string | undefined): Parameter['type'] {
  return text === 'u32' || text === 'i32' || text === 'f32' ? text : null;
}

/** One `const` line for each parameter, in the order in which modules ask for them. */
function declare(
  entryPath: string,
  parameters: ReadonlyMap<string, Parameter>,
  constants: Readonly<Record<string, number>>,
): string[] {
  for (const name of Object.keys(constants)) {
    if (parameters.has(name)) continue;
    const near = nearestName(name, parameters.keys());
    const hint = near === undefined ? '' : `; did you mean '${near}'?`;
    throw linkError(`${entryPath}: no module declares the constant '${name}'${hint}`, { path: entryPath });
  }
  return [...parameters.values()].map((parameter) => {
    const { name, type, path, line } = parameter;
    if (!Object.hasOwn(constants, name)) {
      throw linkError(`${place(parameter)}no value for the parameter ${name}`, { path, line });
    }
    const value = constants[name];
    const text = literal(value, type);
    if (text === null) {
      throw linkError(`${place(parameter)}${name} = ${value} is no ${type ?? 'number that f32 can hold'}`, {
        path,
        line,
      });
    }
    return text.replace('NAME', name);
  });
}

/** `const NAME: type = value;`, or null when the value does not fit the type. */
function literal(value: number, type: Parameter['type']): string | null {
  const chosen = type ?? (!Number.isInteger(value) ? 'f32' : value >= 0 ? 'u32' : 'i32');
  if (chosen === 'f32') {
    const rounded = Math.fround(value);
    if (!Number.isFinite(rounded)) return null;
    const digits = String(rounded);
    return `const NAME: f32 = ${/[.e]/.test(digits) ? digits : `${digits}.0`}f;`;
  }
  const [low, high] = chosen === 'u32' ? [0, 0xffffffff] : [-0x7fffffff, 0x7fffffff];
  if (!Number.isInteger(value) || value < low || value > high) return null;
  return `const NAME: ${chosen} = ${value}${chosen === 'u32' ? 'u' : 'i'};`;
}

function unknownModule(
  name: string,
  from: { path: string; line: number } | null,
  sources: Readonly<Record<string, string>>,
): FitError {
  const near = nearestName(name, Object.keys(sources));
  const hint = near === undefined ? '' : `; did you mean '${near}'?`;
  return linkError(`${place(from)}no shader module '${name}'${hint}`, from);
}

function pathOf(name: string): string {
  return `${name}.wgsl`;
}

function place(from: { readonly path: string; readonly line: number } | null): string {
  return from === null ? '' : `${from.path}:${from.line}: `;
}

function linkError(message: string, at: { readonly path: string; readonly line?: number } | null): FitError {
  return new FitError('DeviceError', message, {
    ...(at === null ? {} : { path: at.path }),
    ...(at?.line === undefined ? {} : { line: at.line }),
    remedy: 'This is a mistake in the package, not in your data: report it, and use the CPU backend (“backend: cpu”).',
  });
}
