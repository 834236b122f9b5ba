/** Formulas between dollar signs, set as MathML, for which browsers have fonts of their own. */
import { tex } from '@mdit/plugin-tex';
import katex from 'katex';
import type MarkdownIt from 'markdown-it';

/** Adds `$...$` and `$$...$$` to Markdown. A formula with a mistake ends the build. */
export function mathematics(markdown: MarkdownIt): void {
  markdown.use(tex, {
    render(content: string, displayMode: boolean) {
      const mathml = katex.renderToString(content, {
        displayMode,
        output: 'mathml',
        throwOnError: true,
        strict: 'error',
      });
      // v-pre: braces are no expressions of Vue here.
      return displayMode ? `<p v-pre class="formula">${mathml}</p>` : mathml.replace('<span', '<span v-pre');
    },
  });
}
