import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"against-r","description":"","frontmatter":{},"headers":[],"params":{"record":"against-r"},"relativePath":"benchmarks/against-r.md","filePath":"benchmarks/[record].md"}');
const _sfc_main = { name: "benchmarks/against-r.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="against-r" tabindex="-1">against-r <a class="header-anchor" href="#against-r" aria-label="Permalink to &quot;against-r&quot;">​</a></h1><p>Milliseconds a gene beside lme4::refit and lmerTest, and the largest differences?</p><h2 id="_2026-11-20-13-26-utc-ce890d7" tabindex="-1">2026-11-20 13:26 UTC, ce890d7+ <a class="header-anchor" href="#_2026-11-20-13-26-utc-ce890d7" aria-label="Permalink to &quot;2026-11-20 13:26 UTC, ce890d7+&quot;">​</a></h2><p>AMD EPYC, 2 cores, 24 GB, linux x64, Node v20.20.2</p><table tabindex="0"><thead><tr><th>case</th><th>result</th><th>bar</th><th>largest error (bound)</th><th>detail</th></tr></thead><tbody><tr><td>this library, dense values to moments and tests, one thread</td><td>0.1153 ms/gene</td><td></td><td>logLik 2.3e-10 (&lt;= 1.0e-6), estimate 8.8e-7 (&lt;= 1.0e-5), std.error 2.0e-6 (&lt;= 1.0e-5), df 2.2e-5 (&lt;= 0.001)</td><td>moments 0.1123, fit and tests 0.002995 ms/gene; error against fits with tight convergence</td></tr><tr><td>lme4::refit (no tests)</td><td>9.09 ms/gene</td><td></td><td></td><td>78.81 times ours</td></tr><tr><td>lmerTest: lmer and summary</td><td>45.22 ms/gene</td><td></td><td></td><td>392.1 times ours</td></tr><tr><td>ratio of lmerTest to this library</td><td>392.1 times</td><td></td><td>logLik 2.3e-10 (&lt;= 1.0e-6), estimate 8.8e-7 (&lt;= 1.0e-5), std.error 2.0e-6 (&lt;= 1.0e-5), df 2.2e-5 (&lt;= 0.001)</td><td>largest differences to lmerTest at its default convergence: estimate 2.3e-6 SE, SE 3.3e-5, df 9.7e-5 (relative, not singular), logLik 1.1e-8</td></tr></tbody></table></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("benchmarks/against-r.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const againstR = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  againstR as default
};
