import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"webgpu-lmm serve","description":"","frontmatter":{},"headers":[],"params":{"command":"serve"},"relativePath":"reference/options/serve.md","filePath":"reference/options/[command].md"}');
const _sfc_main = { name: "reference/options/serve.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="webgpu-lmm-serve" tabindex="-1">webgpu-lmm serve <a class="header-anchor" href="#webgpu-lmm-serve" aria-label="Permalink to &quot;webgpu-lmm serve&quot;">​</a></h1><p><code>webgpu-lmm serve </code>: the browser application, at an address of this computer. The command, the library and the page share the table of its options; the library takes them under the names of the second column, and <code>webgpu-lmm serve --help</code> prints them.</p><h2 id="the-application" tabindex="-1">The application <a class="header-anchor" href="#the-application" aria-label="Permalink to &quot;The application&quot;">​</a></h2><table tabindex="0"><thead><tr><th>flag</th><th>in the library</th><th>meaning</th><th>values</th><th>if left out</th></tr></thead><tbody><tr><td><code>--port &lt;n&gt;</code></td><td><code>port</code></td><td>where it is served; 0 takes a port that is free</td><td>whole number from 0 to 65535</td><td>4173</td></tr><tr><td><code>--host &lt;name&gt;</code></td><td><code>host</code></td><td>address to listen at; others than localhost are open to the network</td><td>text</td><td>localhost</td></tr></tbody></table></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("reference/options/serve.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const serve = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  serve as default
};
