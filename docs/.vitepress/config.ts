/** The documentation site: `npm run docs:build` writes static files to docs/.vitepress/dist. */
import { defineConfig } from 'vitepress';
import { linksToHeadings, linksToRecords } from './links.ts';
import { mathematics } from './mathematics.ts';
import { sidebar } from './sidebar.ts';

export default defineConfig({
  title: 'webgpu-lmm',
  description: 'Linear and generalised mixed models by the thousand',
  lang: 'en-GB',
  cleanUrls: false,
  // Of a page that npm run demo serves.
  ignoreDeadLinks: [/^http:\/\/localhost/],
  themeConfig: {
    nav: [
      { text: 'First fit', link: '/guides/first-fit' },
      { text: 'Coming from R', link: '/guides/coming-from-r' },
      { text: 'Options', link: '/reference/options/fit' },
      { text: 'Library', link: '/api/' },
    ],
    sidebar: sidebar(),
    outline: [2, 3],
    search: { provider: 'local' },
  },
  markdown: {
    config(markdown) {
      markdown.use(linksToRecords);
      markdown.use(linksToHeadings);
      markdown.use(mathematics);
    },
  },
  vite: {
    build: { target: 'es2022', chunkSizeWarningLimit: 3000 },
  },
});
