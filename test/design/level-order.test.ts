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
    ['Baseline', 'Month 1', 'Month 6', 'End of study'],
    ['Week2', 'Week4', 'Week8', 'Follow-up'],
    ['Baseline', 'W4', 'W12', 'EOT'],
    ['Screening', 'Day -7', 'Day 1 pre-dose', 'Day 1 2 h', 'Day 1 24h', 'Day 8', 'Follow-up'],
    ['pre', '2 weeks post', '2 months post'],
    ['1 week before', '1 week after', '4 weeks after'],
    ['week 4', 'week 12', 'post-treatment week 4'],
    ['baseline', 'treatment', 'end of treatment', 'follow-up 1', 'follow-up 2'],
    ['Jan', 'Feb', 'Mar', 'Apr'],
    ['Dec 2019', 'Jan 2020', 'Feb 2020'],
    ['placebo', 'low', 'high'],
    ['vehicle', '2.5 mg', '10 mg'],
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
    expect(order('A2', 'B1')).toBeNull();
    expect(order('D1', 'D2', 'M1')).toBeNull();
  });

  it('holds each level once', () => {
    const levels = ['after', 'before', 'washout'];
    expect([...(usualLevelOrder(levels) ?? [])].sort()).toEqual(levels);
  });
});
