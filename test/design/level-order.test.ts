import { describe, expect, it } from 'vitest';
import { usualLevelOrder } from '../../src/doors/steps.ts';

/** What becomes of levels in the order of the alphabet. */
const order = (...levels: string[]): readonly string[] | null => usualLevelOrder([...levels].sort());

describe('the usual order of levels', () => {
  it.each([
    ['before', 'after'],
    ['pre', 'post'],
    ['Pre-treatment', 'Post-treatment'],
    ['baseline', 'after'],
    ['screening', 'baseline', 'end', 'follow-up'],
    ['baseline', 'week2', 'week4', 'week12'],
    ['baseline', 'active'],
    ['control', 'KO', 'OE'],
    ['Control', 'Bacteria'],
    ['placebo', 'drugA', 'drugB'],
    ['placebo', '5 mg', '20 mg'],
    ['vehicle', 'Drug'],
    ['untreated', 'treated'],
    ['unstim', 'IFN', 'LPS'],
    ['WT', 'KO'],
    ['wild-type', 'mutant'],
    ['healthy', 'disease'],
    ['normal', 'adenoma', 'carcinoma'],
    ['none', 'mild', 'moderate', 'severe'],
    ['low', 'medium', 'high'],
    ['early', 'mid', 'late'],
    ['first', 'second', 'third'],
    ['day0', 'day7', 'day14'],
    ['day-7', 'day0', 'day7'],
    ['visit-1', 'visit-2', 'visit-10'],
    ['T1', 'T2', 'T10'],
    ['0.5 mM', '2 mM', '10 mM'],
    ['control', 'control + drug'],
  ])('is %s, %s …', (...levels) => {
    const found = usualLevelOrder([...levels].sort()) ?? [...levels].sort();
    expect(found).toEqual(levels);
  });

  it('is not proposed where the names tell none, or where it is there', () => {
    expect(order('ctrl', 'stim')).toBeNull();
    expect(order('a', 'b', 'c')).toBeNull();
    expect(order('female', 'male')).toBeNull();
    expect(order('husband', 'wife')).toBeNull();
    expect(order('week02', 'week04', 'week12')).toBeNull();
    // Two that others could be compared with.
    expect(order('control A', 'control B', 'drug')).toBeNull();
    // Two numbers that are the same, and names that differ in more than a number.
    expect(order('x1', 'x01')).toBeNull();
    expect(order('a10', 'b2')).toBeNull();
    expect(order('one')).toBeNull();
  });

  it('holds each level once', () => {
    const levels = ['after', 'before', 'washout'];
    expect([...(usualLevelOrder(levels) ?? [])].sort()).toEqual(levels);
  });
});
