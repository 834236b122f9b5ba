import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"compare","description":"","frontmatter":{},"headers":[],"params":{"record":"compare"},"relativePath":"benchmarks/compare.md","filePath":"benchmarks/[record].md"}');
const _sfc_main = { name: "benchmarks/compare.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="compare" tabindex="-1">compare <a class="header-anchor" href="#compare" aria-label="Permalink to &quot;compare&quot;">​</a></h1><p>Cost of testing one model inside another, over the cost of one fit?</p><h2 id="_2026-11-29-14-54-utc-b66cdb6" tabindex="-1">2026-11-29 14:54 UTC, b66cdb6 <a class="header-anchor" href="#_2026-11-29-14-54-utc-b66cdb6" aria-label="Permalink to &quot;2026-11-29 14:54 UTC, b66cdb6&quot;">​</a></h2><p>Intel(R) Xeon(R) Processor, 2 cores, 24 GB, linux x64, Node v20.20.2, load 13.4</p><table tabindex="0"><thead><tr><th>case</th><th>result</th><th>95 % interval</th><th>bar</th><th>clocks</th><th>largest error (bound)</th><th>detail</th></tr></thead><tbody><tr><td>random intercept: time * arm against time + arm, 10000 responses, 40 subjects x 6 visits</td><td>1.569 fits</td><td>1.38 to 2.068</td><td>&lt;= 2: <strong>within noise</strong></td><td>wall 4.197 s, process 0.6918 s*, thread 0.5111 s</td><td>chisq 2.7e-12 (&lt;= 2.0e-6)</td><td>4.197 s for both models, tests and tables; 2.14 s for one fit</td></tr><tr><td>random slope against random intercept (REML), 2000 responses, 40 subjects x 6 visits</td><td>1.229 fits</td><td>1.005 to 1.579</td><td>&lt;= 2: met</td><td>wall 1.733 s, process 0.3796 s*, thread 0.2334 s</td><td>chisq 1.4e-12 (&lt;= 2.0e-6)</td><td>1.733 s for both models, tests and tables; 1.612 s for one fit</td></tr><tr><td>random intercept against none (REML), 10000 responses, 40 subjects x 6 visits</td><td>1.461 fits</td><td>1.283 to 1.552</td><td>&lt;= 2: met</td><td>wall 3.378 s, process 0.5735 s*, thread 0.4554 s</td><td>chisq 6.8e-13 (&lt;= 2.0e-6)</td><td>3.378 s for both models, tests and tables; 2.257 s for one fit</td></tr><tr><td>cross-validation by subject, 20 folds, 2000 responses, 20 subjects x 8 visits</td><td>0.6938 fits a fold</td><td></td><td>&lt;= 3: met</td><td></td><td>log score 4.9e-15 (&lt;= 1.0e-7)</td><td>259 us a response, 18.7 us one fit</td></tr><tr><td>cross-validation by rows, 5 folds, 2000 responses, 20 subjects x 8 visits</td><td>1.318 fits a fold</td><td></td><td>&lt;= 3: met</td><td></td><td></td><td>123 us a response, 18.7 us one fit</td></tr></tbody></table></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("benchmarks/compare.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const compare = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  compare as default
};
