/** The same run as a command and as code: loaded when it is unfolded. */

import { element, fill } from '../../element.ts';
import { commandLine, libraryCall } from '../../keep/equivalents.ts';
import { copyBlock } from '../copy-block.ts';
import type { Section } from '../lazy-pane.ts';

export function runAsCode(): Section {
  const host = element('div', {});
  return {
    host,
    show({ settings, summary, source }) {
      if (!summary) return;
      fill(
        host,
        copyBlock('Command line', commandLine(settings, summary, source?.kind === 'example')),
        copyBlock('Library (TypeScript)', libraryCall(settings, summary)),
      );
    },
  };
}
