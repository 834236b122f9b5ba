import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"plots","description":"","frontmatter":{},"headers":[],"params":{"record":"plots"},"relativePath":"benchmarks/plots.md","filePath":"benchmarks/[record].md"}');
const _sfc_main = { name: "benchmarks/plots.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="plots" tabindex="-1">plots <a class="header-anchor" href="#plots" aria-label="Permalink to &quot;plots&quot;">​</a></h1><p>How long does a plot of 20,000 genes take to draw anew?</p><h2 id="_2026-11-29-01-59-utc-8605c3f" tabindex="-1">2026-11-29 01:59 UTC, 8605c3f <a class="header-anchor" href="#_2026-11-29-01-59-utc-8605c3f" aria-label="Permalink to &quot;2026-11-29 01:59 UTC, 8605c3f&quot;">​</a></h2><p>Intel(R) Xeon(R) Processor, 2 cores, 24 GB, linux x64, Node v20.20.2</p><table tabindex="0"><thead><tr><th>case</th><th>result</th><th>bar</th><th>largest error (bound)</th><th>detail</th></tr></thead><tbody><tr><td>volcanoPlot, 20,000 new points</td><td>26.19 ms of work</td><td>&lt;= 50: met</td><td>pixels short of a plot 0 (&lt;= 0)</td><td>40.2 ms to the next frame</td></tr><tr><td>qqPlot, 20,000 new points</td><td>33.88 ms of work</td><td>&lt;= 50: met</td><td>pixels short of a plot 0 (&lt;= 0)</td><td>45 ms to the next frame</td></tr><tr><td>meanVariancePlot, 20,000 new points</td><td>27.73 ms of work</td><td>&lt;= 50: met</td><td>pixels short of a plot 0 (&lt;= 0)</td><td>34.4 ms to the next frame</td></tr></tbody></table></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("benchmarks/plots.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const plots = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  plots as default
};
