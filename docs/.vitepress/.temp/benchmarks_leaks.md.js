import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"leaks","description":"","frontmatter":{},"headers":[],"params":{"record":"leaks"},"relativePath":"benchmarks/leaks.md","filePath":"benchmarks/[record].md"}');
const _sfc_main = { name: "benchmarks/leaks.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="leaks" tabindex="-1">leaks <a class="header-anchor" href="#leaks" aria-label="Permalink to &quot;leaks&quot;">​</a></h1><p>Does a process that fits on the device over and over keep anything?</p><h2 id="_2026-11-29-01-59-utc-8605c3f" tabindex="-1">2026-11-29 01:59 UTC, 8605c3f <a class="header-anchor" href="#_2026-11-29-01-59-utc-8605c3f" aria-label="Permalink to &quot;2026-11-29 01:59 UTC, 8605c3f&quot;">​</a></h2><p>Intel(R) Xeon(R) Processor, 2 cores, 24 GB, linux x64, Node v20.20.2</p><table tabindex="0"><thead><tr><th>case</th><th>result</th><th>bar</th><th>largest error (bound)</th><th>detail</th></tr></thead><tbody><tr><td>resident memory after 1,000 fits of 3 responses on the device</td><td>47.96 MB more</td><td>&lt;= 60: met</td><td>criterion 1.9e-16 (&lt;= 1.0e-8)</td><td>272 MB after the 200 before them</td></tr></tbody></table></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("benchmarks/leaks.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const leaks = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  leaks as default
};
