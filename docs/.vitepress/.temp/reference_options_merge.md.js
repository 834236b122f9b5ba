import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"webgpu-lmm merge","description":"","frontmatter":{},"headers":[],"params":{"command":"merge"},"relativePath":"reference/options/merge.md","filePath":"reference/options/[command].md"}');
const _sfc_main = { name: "reference/options/merge.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="webgpu-lmm-merge" tabindex="-1">webgpu-lmm merge <a class="header-anchor" href="#webgpu-lmm-merge" aria-label="Permalink to &quot;webgpu-lmm merge&quot;">​</a></h1><p><code>webgpu-lmm merge &lt;moments...&gt;</code>: join the moments of the parts of a data set. The command, the library and the page share the table of its options; the library takes them under the names of the second column, and <code>webgpu-lmm merge --help</code> prints them.</p><h2 id="output" tabindex="-1">Output <a class="header-anchor" href="#output" aria-label="Permalink to &quot;Output&quot;">​</a></h2><table tabindex="0"><thead><tr><th>flag</th><th>in the library</th><th>meaning</th><th>values</th><th>if left out</th></tr></thead><tbody><tr><td><code>--out &lt;file&gt;</code></td><td><code>outFile</code></td><td>file to write; of simulate a folder (10x), FILE.h5ad or FILE.csv</td><td>text, may be repeated</td><td></td></tr></tbody></table><h2 id="messages" tabindex="-1">Messages <a class="header-anchor" href="#messages" aria-label="Permalink to &quot;Messages&quot;">​</a></h2><table tabindex="0"><thead><tr><th>flag</th><th>in the library</th><th>meaning</th><th>values</th><th>if left out</th></tr></thead><tbody><tr><td><code>--log-json &lt;file&gt;</code></td><td><code>logJson</code></td><td>write what the run read, was asked for and did: checksums, options, versions, statuses, times</td><td>text</td><td></td></tr><tr><td><code>--log-checksums &lt;how&gt;</code></td><td><code>logChecksums</code></td><td>of the files in the log; sha256 reads each once more; needs --log-json</td><td><code>sha256</code>, <code>none</code></td><td>sha256</td></tr><tr><td><code>--quiet</code></td><td><code>quiet</code></td><td>no progress; warnings and notes stay</td><td>no value</td><td></td></tr><tr><td><code>--no-notes</code></td><td><code>noNotes</code></td><td>no warnings or notes either</td><td>no value</td><td></td></tr></tbody></table></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/options/merge.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const merge = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  merge as default
};
