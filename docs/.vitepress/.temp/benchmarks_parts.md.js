import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"parts","description":"","frontmatter":{},"headers":[],"params":{"record":"parts"},"relativePath":"benchmarks/parts.md","filePath":"benchmarks/[record].md"}');
const _sfc_main = { name: "benchmarks/parts.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="parts" tabindex="-1">parts <a class="header-anchor" href="#parts" aria-label="Permalink to &quot;parts&quot;">​</a></h1><p>What does one file of an atlas cost, and a million cells in 50 files?</p><h2 id="_2026-11-29-22-38-utc-06c6b35" tabindex="-1">2026-11-29 22:38 UTC, 06c6b35 <a class="header-anchor" href="#_2026-11-29-22-38-utc-06c6b35" aria-label="Permalink to &quot;2026-11-29 22:38 UTC, 06c6b35&quot;">​</a></h2><p>Intel(R) Xeon(R) Processor, 2 cores, 24 GB, linux x64, Node v20.20.2, load 2.8</p><table tabindex="0"><thead><tr><th>case</th><th>result</th><th>95 % interval</th><th>bar</th><th>clocks</th><th>largest error (bound)</th><th>detail</th></tr></thead><tbody><tr><td>moments of a part: 20,000 cells x 20,000 genes at 6 %</td><td>2.844 s of processor time</td><td></td><td></td><td></td><td>estimate 7.6e-14 (&lt;= 1.0e-7), std.error 9.6e-14 (&lt;= 1.0e-7)</td><td>3 files of 56.18 MB; parts of 4.824 MB</td></tr><tr><td>moments of a part, peak memory: 20,000 cells x 20,000 genes at 6 %</td><td>150.9 MB</td><td></td><td>&lt;= 600: met</td><td></td><td>estimate 7.6e-14 (&lt;= 1.0e-7), std.error 9.6e-14 (&lt;= 1.0e-7)</td><td></td></tr><tr><td>design of 3 files</td><td>1.392 s of processor time</td><td></td><td></td><td></td><td>estimate 7.6e-14 (&lt;= 1.0e-7), std.error 9.6e-14 (&lt;= 1.0e-7)</td><td></td></tr><tr><td>merge of 3 parts</td><td>1.1 s of processor time</td><td></td><td></td><td></td><td>estimate 7.6e-14 (&lt;= 1.0e-7), std.error 9.6e-14 (&lt;= 1.0e-7)</td><td>peak 116.1 MB</td></tr><tr><td>fit of the joined moments</td><td>1.65 s of processor time</td><td></td><td></td><td></td><td>estimate 7.6e-14 (&lt;= 1.0e-7), std.error 9.6e-14 (&lt;= 1.0e-7)</td><td>peak 139.8 MB; one run over the files: 7.321 s, peak 207.3 MB</td></tr><tr><td>1,000,000 cells in 50 files, extrapolated</td><td>3.09 min of processor time</td><td></td><td></td><td></td><td>estimate 7.6e-14 (&lt;= 1.0e-7), std.error 9.6e-14 (&lt;= 1.0e-7)</td><td>50 times a part, design and merge in proportion, and the fit; parts run beside each other, 150.9 MB each</td></tr></tbody></table></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("benchmarks/parts.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const parts = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  parts as default
};
