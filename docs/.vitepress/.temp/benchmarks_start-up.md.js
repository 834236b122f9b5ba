import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"start-up","description":"","frontmatter":{},"headers":[],"params":{"record":"start-up"},"relativePath":"benchmarks/start-up.md","filePath":"benchmarks/[record].md"}');
const _sfc_main = { name: "benchmarks/start-up.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="start-up" tabindex="-1">start-up <a class="header-anchor" href="#start-up" aria-label="Permalink to &quot;start-up&quot;">​</a></h1><p>What does it cost to start, in processor time and in modules?</p><h2 id="_2026-11-29-15-04-utc-b66cdb6" tabindex="-1">2026-11-29 15:04 UTC, b66cdb6 <a class="header-anchor" href="#_2026-11-29-15-04-utc-b66cdb6" aria-label="Permalink to &quot;2026-11-29 15:04 UTC, b66cdb6&quot;">​</a></h2><p>Intel(R) Xeon(R) Processor, 2 cores, 24 GB, linux x64, Node v20.20.2, load 11.4</p><table tabindex="0"><thead><tr><th>case</th><th>result</th><th>95 % interval</th><th>bar</th><th>clocks</th><th>largest error (bound)</th><th>detail</th></tr></thead><tbody><tr><td>webgpu-lmm --help</td><td>0.148 s of processor time</td><td></td><td>&lt;= 0.3: met</td><td></td><td></td><td>9 runs, at least 0.126 s; Node alone 0.088 s</td></tr><tr><td>modules of webgpu-lmm --help</td><td>15 modules</td><td></td><td>&lt;= 20: met</td><td></td><td></td><td></td></tr><tr><td>README&#39;s example</td><td>0.3429 s of processor time</td><td></td><td>&lt;= 0.6: met</td><td></td><td>estimate in SE 2.2e-6 (&lt;= 1.0e-5)</td><td>9 runs, at least 0.293 s; Node alone 0.088 s</td></tr><tr><td>modules of README&#39;s example</td><td>34 modules</td><td></td><td>&lt;= 40: met</td><td></td><td></td><td></td></tr><tr><td>import &#39;webgpu-lmm&#39;</td><td>0.2121 s of processor time</td><td></td><td>&lt;= 0.35: met</td><td></td><td></td><td>9 runs, at least 0.170 s; Node alone 0.088 s</td></tr><tr><td>modules of import &#39;webgpu-lmm&#39;</td><td>29 modules</td><td></td><td>&lt;= 40: met</td><td></td><td></td><td></td></tr><tr><td>a thread that fits, start to ready</td><td>0.06621 s of processor time</td><td></td><td>&lt;= 0.2: met</td><td></td><td></td><td>9 runs, at least 0.062 s; Node alone 0.088 s</td></tr><tr><td>modules of a thread that fits</td><td>9 modules</td><td></td><td>&lt;= 10: met</td><td></td><td></td><td></td></tr></tbody></table></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("benchmarks/start-up.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const startUp = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  startUp as default
};
