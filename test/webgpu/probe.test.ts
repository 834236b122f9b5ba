// @vitest-environment node
import { expect, it } from 'vitest';
import { probeArithmetic } from '../../src/backend/webgpu/probe.ts';
import { probeVariant } from '../../src/backend/webgpu/probe-variant.ts';
import { SHADERS } from '../../src/backend/webgpu/shaders.gen.ts';
import { describeUnless, itUnless } from '../requirements.ts';
import { findDevice } from './open-device.ts';

const { gpu, lacking, device } = await findDevice();
const otherDevice = gpu?.adapter.architecture === 'swiftshader' ? null : 'not on SwiftShader';

describeUnless(lacking, 'the probe', () => {
  /** Names of the checks that fail with some shader modules replaced. */
  const failing = async (replaced: Readonly<Record<string, string>>): Promise<string[]> => {
    const { checks, passed, failure } = await probeVariant(device(), 'df64-opaque', { ...SHADERS, ...replaced });
    expect(passed).toBe(false);
    expect(failure).toBeNull();
    return checks.filter(({ worst, bound }) => worst > bound).map(({ name }) => name);
  };

  it('reports every variant, integers and facts', async () => {
    const report = await probeArithmetic(device(), { all: true });
    expect(report.variants.map(({ name }) => name)).toEqual(['df64-opaque', 'df64-xor', 'df64-fma', 'f32']);
    expect(report.facts.philoxMismatches).toBe(0);
    expect(report.variants.every(({ failure }) => failure === null)).toBe(true);
    const chosen = report.variants.find(({ name }) => name === report.chosen);
    expect(chosen?.passed).toBe(true);
    expect(await probeArithmetic(device())).toBe(report);
  });

  itUnless(otherDevice, 'finds opaque constants exact on SwiftShader, fma not fused, subnormals flushed', async () => {
    const { variants, facts, chosen } = await probeArithmetic(device(), { all: true });
    expect(variants.map(({ passed }) => passed)).toEqual([true, true, false, true]);
    expect(chosen).toBe('df64-opaque');
    expect(facts.fusedFma).toBe(false);
    expect(facts.contracts).toBe(false);
    expect(facts.keepsSubnormalResults).toBe(false);
    expect([facts.sumsMisrounded, facts.productsMisrounded, facts.rootsMisrounded]).toEqual([0, 0, 0]);
    // Why the number modules have logarithms of their own.
    expect(facts.builtinLog).toBeGreaterThan(1e-5);
  });

  itUnless(otherDevice, 'notices constants that the compiler sees', async () => {
    const naked = SHADERS['num/opaque'].replace(/return bitcast.*;/, 'return x;');
    const names = await failing({ 'num/opaque': naked });
    expect(names).toEqual(expect.arrayContaining(['add to constant', 'log1p', 'exp']));
    expect(names).not.toContain('two_sum');
    expect(names).not.toContain('add');
  });

  it('notices sums that lose digits under cancellation', async () => {
    const sloppy = `fn num_add(a: num, b: num) -> num {
      let s = two_sum(a.x, b.x);
      return quick_two_sum(s.x, s.y + (a.y + b.y));
    }`;
    const broken = SHADERS['num/df64'].replace(/fn num_add\([\s\S]*?\n}/, sloppy);
    const names = await failing({ 'num/df64': broken });
    expect(names).toEqual(expect.arrayContaining(['add', 'sub']));
    expect(names).not.toContain('mul');
  });

  it('notices products without their rounding error', async () => {
    const broken = 'fn two_prod(a: f32, b: f32) -> vec2f { return vec2f(a * b, 0.0f); }';
    const names = await failing({ 'num/df64-split': broken });
    expect(names).toEqual(expect.arrayContaining(['two_prod', 'mul', 'div', 'sqrt', 'log', 'dot product']));
    expect(names).not.toContain('add');
  });

  it('takes a variant that does not compile for one that fails', async () => {
    const report = await probeVariant(device(), 'df64-xor', {
      ...SHADERS,
      'num/df64-xor': 'fn rounded() -> f32 { return 1u; }',
    });
    expect(report.passed).toBe(false);
    expect(report.failure).toMatch(/num\/df64-xor\.wgsl:1/);
  });
});
