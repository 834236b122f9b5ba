import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"From one file to a cluster","description":"","frontmatter":{},"headers":[],"relativePath":"guides/large-data.md","filePath":"guides/large-data.md"}');
const _sfc_main = { name: "guides/large-data.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="from-one-file-to-a-cluster" tabindex="-1">From one file to a cluster <a class="header-anchor" href="#from-one-file-to-a-cluster" aria-label="Permalink to &quot;From one file to a cluster&quot;">​</a></h1><p>What a fit needs of the data are sums (moments): cross-products by donor and sample. They are formed in one pass, are small, hold no cells, and can be formed where the data lie. Everything large follows from that.</p><table tabindex="0"><thead><tr><th></th><th>what to do</th><th>page</th></tr></thead><tbody><tr><td>one file, larger than memory</td><td>nothing: matrices are streamed; <code>--memory</code> bounds the sums</td><td></td></tr><tr><td>many files, one machine</td><td>name them all in one <code>fit</code></td><td><a href="./../many-files.html">Many files</a></td></tr><tr><td>files that may not leave their place</td><td><code>design</code> reads the annotations, <code>moments</code> each file, <code>merge</code> joins</td><td><a href="./../many-files.html">Many files</a></td></tr><tr><td>more models than a machine fits in an evening</td><td>moments once, then <code>fit --shard K/N</code> on many, <code>gather</code></td><td><a href="./../clusters.html">Clusters</a></td></tr><tr><td>a job that may be killed</td><td><code>--resume</code></td><td><a href="./../clusters.html#going-on-after-a-kill">Clusters</a></td></tr><tr><td>a graphics card</td><td><code>--backend webgpu</code>, or <code>auto</code>, which takes it where it is faster</td><td><a href="./../device-moments.html">Devices</a></td></tr></tbody></table><p>The whole way, in small:</p><pre><code>webgpu-lmm simulate --kind cells --genes 100 --cells 1200 --donors 8 --seed 1 --out one.h5ad
webgpu-lmm simulate --kind cells --genes 100 --cells 1200 --donors 8 --seed 2 --out two.h5ad

webgpu-lmm design one.h5ad two.h5ad --formula &#39;~ stim + (1 | donor) + (1 | sample)&#39; --normalize log1p-cp10k --out design.json
webgpu-lmm moments one.h5ad --design design.json --out one.moments
webgpu-lmm moments two.h5ad --design design.json --out two.moments
webgpu-lmm merge one.moments two.moments --out all.moments

for k in 1 2; do webgpu-lmm fit all.moments --shard $k/2 --save-part fits-$k.part --resume; done
webgpu-lmm gather fits-*.part --out results.tsv --out toptable:stimstim=top.tsv
</code></pre><p>Results are those of one run: merged moments to rounding, shards byte for byte. Donors of one name in two files are one donor; name the files apart with <code>--sample-column</code> where they are not.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("guides/large-data.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const largeData = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  largeData as default
};
