/** Links of pages that lead out of docs/: on the site some have pages of their own, and the others are plain words. */
import type MarkdownIt from 'markdown-it';

/** Target on the site of a path from the root of the repository; null where it has none. */
export function targetOnSite(path: string): string | null {
  const record = /^bench\/results\/([\w-]+)\.md/.exec(path);
  if (record) return `/benchmarks/${record[1]}`;
  if (/^bench\/(?:README\.md)?$/.test(path)) return '/benchmarks/';
  const page = /^docs\/(.*?)(?:\.md)?(#.*)?$/.exec(path);
  if (page) return `/${page[1]}${page[2] ?? ''}`;
  return null;
}

/** Rewrites links of the form `../PATH`, before VitePress looks for what is dead. */
export function linksOutside(markdown: MarkdownIt): void {
  markdown.core.ruler.push('links-outside', ({ tokens }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type !== 'link_open') continue;
      const path = /^\.\.\/((?:bench)\/.*)$/.exec(token.attrGet('href') ?? '')?.[1];
      const target = path === undefined ? null : targetOnSite(path);
      if (target !== null) token.attrSet('href', target);
    }
  });
}
