import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"webgpu-lmm","description":"","frontmatter":{},"headers":[],"relativePath":"api/index.md","filePath":"api/index.md"}');
const _sfc_main = { name: "api/index.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="webgpu-lmm" tabindex="-1">webgpu-lmm <a class="header-anchor" href="#webgpu-lmm" aria-label="Permalink to &quot;webgpu-lmm&quot;">​</a></h1><h2 id="modules" tabindex="-1">Modules <a class="header-anchor" href="#modules" aria-label="Permalink to &quot;Modules&quot;">​</a></h2><ul><li><a href="./webgpu-lmm.html">webgpu-lmm</a></li><li><a href="./webgpu-lmm-in-Node.html">webgpu-lmm in Node</a></li><li><a href="./webgpu-lmm/parts.html">webgpu-lmm/parts</a></li><li><a href="./webgpu-lmm/statistics.html">webgpu-lmm/statistics</a></li><li><a href="./webgpu-lmm/steps.html">webgpu-lmm/steps</a></li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("api/index.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const index = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  index as default
};
