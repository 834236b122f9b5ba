/** Notes and remedies of the library in the words of the page, which has boxes where the command line has options. */

import { flagWords, OPTIONS, type OptionEntry, type OptionName, withOptionNames } from 'webgpu-lmm/steps';

const BOXES: Readonly<Record<string, OptionEntry>> = OPTIONS;

/** The label of an option's box. */
export function boxLabel(name: OptionName): string {
  return BOXES[name].box ?? name;
}

/** Of a note; behind the parts of the data and the models that it is about. */
const WARNING = /(^|^.{0,300}?: )WARNING: /;

export function isWarningNote(note: string): boolean {
  return WARNING.test(note);
}

/** The text with each option that it names as its box; options that the page lacks are left as what they are called. */
export function pageWords(text: string): string {
  return withOptionNames(text, (name, value) => {
    const { box, kind } = BOXES[name];
    if (box === undefined) return `the command line's ${flagWords(name, value)}`;
    return kind === 'choice' && value !== undefined ? `“${box}: ${value}”` : `“${box}”`;
  })
    .replace(WARNING, '$1')
    .replaceAll('the command compare', 'under Models');
}
