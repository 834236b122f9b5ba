/** The theme of VitePress, with the example that runs in the page. */
import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import LiveFit from './live-fit.vue';
import './style.css';

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('LiveFit', LiveFit);
  },
} satisfies Theme;
