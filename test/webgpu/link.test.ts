import { describe, expect, it } from 'vitest';
import { link, sourceOfLine } from '../../src/backend/webgpu/link.ts';
import { isFitError } from '../../src/errors.ts';

const SOURCES = {
  'num/f32': '//#import base\nalias num = f32;\n',
  'num/df64-xor': 'alias num = vec2f;\n',
  base: 'const BASE = 1;\n',
  diamond: '//#import left\n//#import right\nfn diamond() {}\n',
  left: '//#import base\nfn left() {}\n',
  right: 'enable subgroups;\n//#import base\nfn right() {}\n',
  kernel: '// A kernel.\n//#param Q\n//#param SCALE: f32\n//#number\n@compute fn main() {}\n',
  loop: '//#import loop-back\n',
  'loop-back': 'fn a() {}\n//#import loop\n',
  lost: 'fn a() {}\n\n//#import bsae\n',
  slotted: '//#slot family\n//#slot family\nfn slotted() {}\n',
  odd: 'fn a() {}\n//#include base\n',
};

const f32 = { number: 'f32' } as const;

function errorOf(work: () => unknown): { message: string; path: string | undefined; line: number | undefined } {
  try {
    work();
  } catch (error) {
    if (isFitError(error, 'DeviceError')) {
      return { message: error.message, path: error.fields.path, line: error.fields.line };
    }
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('link', () => {
  it('takes every module once, before those that need it', () => {
    const text = link('diamond', f32, SOURCES);
    expect(text.match(/const BASE/g)).toHaveLength(1);
    const order = ['const BASE', 'fn left', 'fn right', 'fn diamond'].map((part) => text.indexOf(part));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  it('moves extensions to the top', () => {
    const text = link('diamond', f32, SOURCES);
    expect(text.startsWith('enable subgroups;\n')).toBe(true);
    expect(text.match(/enable/g)).toHaveLength(1);
  });

  it('puts the chosen number module in place of the slot', () => {
    const constants = { Q: 3, SCALE: 2 };
    expect(link('kernel', { number: 'f32', constants }, SOURCES)).toContain('alias num = f32;');
    expect(link('kernel', { number: 'df64-xor', constants }, SOURCES)).toContain('alias num = vec2f;');
  });

  it('declares constants by their value, or by the type that the kernel names', () => {
    const text = (constants: Record<string, number>) => link('kernel', { ...f32, constants }, SOURCES);
    expect(text({ Q: 3, SCALE: 2 })).toMatch(/^const Q: u32 = 3u;\nconst SCALE: f32 = 2.0f;\n/);
    expect(text({ Q: -3, SCALE: 1e-30 })).toMatch(/^const Q: i32 = -3i;\nconst SCALE: f32 = 1\.0\d*e-30f;\n/);
    expect(text({ Q: 0.5, SCALE: 1e21 })).toMatch(/^const Q: f32 = 0\.5f;\nconst SCALE: f32 = 1\.0\d*e\+21f;\n/);
  });

  it('finds the module and line of a line of the linked text', () => {
    const text = link('kernel', { ...f32, constants: { Q: 3, SCALE: 2 } }, SOURCES);
    const line = text.split('\n').findIndex((part) => part.includes('@compute')) + 1;
    expect(sourceOfLine(text, line)).toEqual({ path: 'kernel.wgsl', line: 5 });
    expect(sourceOfLine(text, 1)).toBeNull();
  });

  it('names file and line of an unknown import, and what was meant', () => {
    const { message, path, line } = errorOf(() => link('lost', f32, SOURCES));
    expect(message).toBe("lost.wgsl:3: no shader module 'bsae'; did you mean 'base'?");
    expect([path, line]).toEqual(['lost.wgsl', 3]);
    expect(errorOf(() => link('nowhere', f32, SOURCES)).message).toContain("no shader module 'nowhere'");
    expect(errorOf(() => link('toString', f32, SOURCES)).message).toContain("no shader module 'toString'");
  });

  it('takes modules for slots, and says which lacks one', () => {
    const text = link('slotted', { ...f32, modules: { family: 'left' } }, SOURCES);
    expect(text.match(/fn left/g)).toHaveLength(1);
    expect(text.indexOf('fn left')).toBeLessThan(text.indexOf('fn slotted'));
    expect(errorOf(() => link('slotted', f32, SOURCES)).message).toBe('slotted.wgsl:1: no module for the slot family');
  });

  it('names the cycle', () => {
    const { message, path, line } = errorOf(() => link('loop', f32, SOURCES));
    expect(message).toBe('loop-back.wgsl:2: shader modules import each other: loop -> loop-back -> loop');
    expect([path, line]).toEqual(['loop-back.wgsl', 2]);
  });

  it('refuses missing, unknown and unfitting constants, and unknown directives', () => {
    const message = (constants: Record<string, number>) =>
      errorOf(() => link('kernel', { ...f32, constants }, SOURCES)).message;
    expect(message({ Q: 3 })).toBe('kernel.wgsl:3: no value for the parameter SCALE');
    expect(message({ Q: 3, SCALE: 1, SCALES: 1 })).toMatch(/'SCALES'; did you mean 'SCALE'/);
    expect(message({ Q: Number.NaN, SCALE: 1 })).toMatch(/kernel.wgsl:2: Q = NaN/);
    expect(message({ Q: 2 ** 40, SCALE: 1 })).toMatch(/kernel.wgsl:2: Q = /);
    expect(message({ Q: 3, SCALE: 1e300 })).toMatch(/kernel.wgsl:3: SCALE = 1e\+300 is no f32/);
    expect(errorOf(() => link('odd', f32, SOURCES)).message).toBe('odd.wgsl:2: no such directive: //#include base');
  });
});
