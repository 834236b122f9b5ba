/** Links of pages that lead to the records of benchmarks, which have pages of their own on the site. */
import type MarkdownIt from 'markdown-it';

/** Rewrites them before VitePress looks for what is dead. */
export function linksToRecords(markdown: MarkdownIt): void {
  markdown.core.ruler.push('links-to-records', ({ tokens }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type !== 'link_open') continue;
      const record = /^(?:\.\.\/)+bench\/results\/([\w-]+)\.md$/.exec(token.attrGet('href') ?? '')?.[1];
      if (record !== undefined) token.attrSet('href', `/benchmarks/${record}`);
    }
  });
}
