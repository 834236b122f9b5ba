/** The style of a report: light, on narrow screens without a sideways scroll of the page, on paper whole. */

export const STYLE = `:root{color-scheme:light}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff;overflow-wrap:anywhere}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}h3{font-size:1rem}
.scroll{overflow-x:auto;max-width:100%;margin:0 0 1rem}.scroll:focus-visible{outline:2px solid #0072b2}
table{border-collapse:collapse;font-size:.9rem;overflow-wrap:normal}
tbody th{font-weight:normal}
th,td{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:right;vertical-align:top}
th:first-child,td:first-child,td.text,th.text{text-align:left}
table.facts td,table.facts th{text-align:left;vertical-align:top;overflow-wrap:anywhere}table.facts th{overflow-wrap:normal}
pre{background:#f4f4f4;padding:.8rem;overflow:auto;overflow-wrap:normal}figure{margin:1rem 0;break-inside:avoid}svg{max-width:100%;height:auto}
ul,ol{padding-left:1.4rem}figcaption{font-size:.9rem}
@media print{body{max-width:none;margin:0;padding:0;font-size:11pt}.scroll{overflow:visible}pre{white-space:pre-wrap;overflow:visible}
table{font-size:8pt;max-width:100%}th,td{padding:.1rem .3rem;overflow-wrap:anywhere}thead{display:table-header-group}tr{break-inside:avoid}h2,h3{break-after:avoid}}`;
