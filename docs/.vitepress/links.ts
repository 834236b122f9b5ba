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

/**
 * typedoc numbers some names as if they stood twice on their page (`#fiterrortag-1`). Rewrites links to a heading that is not
 * there, where the one without the number is.
 */
export function linksToHeadings(markdown: MarkdownIt): void {
  markdown.core.ruler.push('links-to-headings', ({ tokens }) => {
    const inline = tokens.flatMap(({ children }) => children ?? []);
    const ids = new Set<string>();
    for (const token of tokens) if (token.type === 'heading_open') ids.add(token.attrGet('id') ?? '');
    for (const { content } of inline) for (const [, id] of content.matchAll(/ id="([^"]+)"/g)) ids.add(id);
    for (const token of inline) {
      const [, id, bare] = /^#((.*)-\d+)$/.exec(token.type === 'link_open' ? (token.attrGet('href') ?? '') : '') ?? [];
      if (id !== undefined && bare !== undefined && !ids.has(id) && ids.has(bare)) token.attrSet('href', `#${bare}`);
    }
  });
}
