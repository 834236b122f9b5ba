import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"webgl-swiftshader","description":"","frontmatter":{},"headers":[],"params":{"record":"webgl-swiftshader"},"relativePath":"benchmarks/webgl-swiftshader.md","filePath":"benchmarks/[record].md"}');
const _sfc_main = { name: "benchmarks/webgl-swiftshader.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="webgl-swiftshader" tabindex="-1">webgl-swiftshader <a class="header-anchor" href="#webgl-swiftshader" aria-label="Permalink to &quot;webgl-swiftshader&quot;">​</a></h1><p>Would gpu.js on WebGL2 be faster than the float64 workers?</p><h2 id="_2026-11-21-20-48-utc-bf53785" tabindex="-1">2026-11-21 20:48 UTC, bf53785 <a class="header-anchor" href="#_2026-11-21-20-48-utc-bf53785" aria-label="Permalink to &quot;2026-11-21 20:48 UTC, bf53785&quot;">​</a></h2><p>Intel(R) Xeon(R) Processor @ 2.50GHz, 2 cores, 24 GB, linux x64, Node v20.20.2</p><table tabindex="0"><thead><tr><th>case</th><th>result</th><th>bar</th><th>largest error (bound)</th><th>detail</th></tr></thead><tbody><tr><td>50,000 responses, (1 | donor), 20 levels, p = 4: float64 workers, 2 threads</td><td>68,360 fits/s</td><td></td><td></td><td></td></tr><tr><td>50,000 responses, (1 | donor), 20 levels, p = 4: WebGPU, finished in float64</td><td>35,500 fits/s</td><td></td><td>criterion 3.4e-13 (&lt;= 1.0e-6)</td><td>google swiftshader</td></tr><tr><td>50,000 responses, (1 | donor), 20 levels, p = 4: gpu.js on WebGL2, the search alone</td><td>23,630 searches/s</td><td></td><td>criterion at its gamma 2.0e-4 (&lt;= 0.001), criterion as it reports it 2.4e-4 (&lt;= 0.001)</td><td>webgl2; forming its sums takes 0.095 s more</td></tr></tbody></table></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("benchmarks/webgl-swiftshader.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const webglSwiftshader = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  webglSwiftshader as default
};
