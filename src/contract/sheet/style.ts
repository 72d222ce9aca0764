/** How the HTML sheet looks: quiet on a screen, black on paper, nothing cut off at its edge. */
export const sheetStyle = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem; max-width: 52rem; background: #fff; color: #1a1a1a;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
}
header { border-bottom: 3px solid #1a1a1a; margin-bottom: 1.5rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .6rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #999; padding-bottom: .15rem; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
p { margin: 0 0 .6rem; }
table { border-collapse: collapse; width: 100%; }
th, td {
  text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0;
  border-bottom: 1px solid #ddd; overflow-wrap: anywhere;
}
th { width: 12rem; font-weight: 500; color: #555; }
td.blank { height: 2.4rem; border-bottom: 1.5px solid #1a1a1a; }
ul { margin: .3rem 0; padding-left: 1.2rem; }
li { margin: .15rem 0; overflow-wrap: anywhere; }
.action { margin: .7rem 0; }
label { display: flex; gap: .6rem; align-items: flex-start; break-after: avoid; }
input {
  appearance: none; -webkit-appearance: none; flex: none; width: 1.05rem; height: 1.05rem;
  margin: .2rem 0 0; border: 1.5px solid #1a1a1a; border-radius: 2px; background: #fff;
}
input:checked { background: #1a1a1a; box-shadow: inset 0 0 0 3px #fff; }
pre {
  margin: .35rem 0 0 1.65rem; padding: .5rem .7rem; border-left: 3px solid #1a1a1a; background: #f4f4f2;
  white-space: pre-wrap; overflow-wrap: anywhere;
  font: 13px/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
code { font: inherit; }
@page { margin: 16mm 15mm 18mm; @bottom-right { content: counter(page) " / " counter(pages); font: 9pt sans-serif; } }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; line-height: 1.4; color: #000; }
  h1 { font-size: 18pt; }
  h2 { font-size: 12.5pt; margin-top: 7mm; }
  h3 { font-size: 11pt; margin-top: 6mm; }
  h1, h2, h3 { break-after: avoid; }
  section:not(.steps), .action, tr { break-inside: avoid; }
  section.steps { break-before: page; }
  p, li { orphans: 3; widows: 3; }
  th { width: 46mm; color: #000; }
  td.blank { height: 10mm; }
  pre { font-size: 8.5pt; background: none; border: 1px solid #999; border-left: 3px solid #000; }
}
`;
