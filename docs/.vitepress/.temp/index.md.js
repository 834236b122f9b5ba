import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"","description":"","frontmatter":{"layout":"home","hero":{"name":"webgpu-lmm","text":"Mixed models by the thousand","tagline":"One linear or generalised mixed model per gene, protein or electrode, with the numbers that lme4, lmerTest and glmmTMB give","actions":[{"theme":"brand","text":"First fit","link":"/guides/first-fit"},{"theme":"alt","text":"Coming from R","link":"/guides/coming-from-r"}]},"features":[{"title":"Single cell","details":"Donors and samples as random effects, so that cells do not count as replicates","link":"/guides/single-cell"},{"title":"Repeated measures","details":"Visits of a trial, adjusted means and Kenward-Roger tests","link":"/repeated-measures"},{"title":"Counts, yes or no, grades","details":"Generalised models by Laplace or adaptive quadrature","link":"/families"},{"title":"Proteomics","details":"Missing values, weights, moderated variances","link":"/guides/proteomics"},{"title":"EEG and reading times","details":"Crossed subjects and items, a model for each channel and time","link":"/guides/eeg"},{"title":"Large data","details":"Many files, shards on a cluster, fits that go on after a kill","link":"/guides/large-data"},{"title":"In the browser","details":"The same library on WebGPU or threads, without a server","link":"/guides/browser"},{"title":"Reference","details":"Options, tables, mathematics, the library, benchmarks","link":"/reference/outputs"}]},"headers":[],"relativePath":"index.md","filePath":"index.md"}');
const _sfc_main = { name: "index.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("index.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const index = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  index as default
};
