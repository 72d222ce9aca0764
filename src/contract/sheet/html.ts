/**
 * A sheet as one HTML page that needs nothing else: for a browser without a network, and above all
 * for paper. Everything that comes from outside is escaped, and the page may load nothing.
 */
import type { Action, Row, Section, Sheet, Step } from './page';
import { sheetStyle } from './style';

/** Renders the sheet. */
export function sheetHtml({ title, lead, sections }: Sheet): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escape(title)}</title>`,
    `<style>\n${sheetStyle}</style>`,
    '</head>',
    '<body>',
    `<header>\n<h1>${escape(title)}</h1>`,
    ...lead.map((line) => `<p>${escape(line)}</p>`),
    '</header>',
    ...sections.map(section),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function section({ title, text, rows = [], list = [], steps = [] }: Section): string {
  return [
    // What is only read stays together; steps go on over pages.
    `<section${steps.length > 0 ? ' class="steps"' : ''}>`,
    `<h2>${escape(title)}</h2>`,
    ...(text === undefined ? [] : [`<p>${escape(text)}</p>`]),
    ...(rows.length > 0 ? [`<table>\n${rows.map(row).join('\n')}\n</table>`] : []),
    ...(list.length > 0
      ? [`<ul>\n${list.map((item) => `<li>${escape(item)}</li>`).join('\n')}\n</ul>`]
      : []),
    ...steps.map(step),
    '</section>',
  ].join('\n');
}

function row([label, value]: Row): string {
  const cell = value === undefined ? '<td class="blank"></td>' : `<td>${escape(value)}</td>`;
  return `<tr><th scope="row">${escape(label)}</th>${cell}</tr>`;
}

function step({ title, actions }: Step): string {
  return [`<h3>${escape(title)}</h3>`, ...actions.map(action)].join('\n');
}

function action({ say, run }: Action): string {
  const commands = run === undefined ? '' : `\n<pre><code>${escape(run)}</code></pre>`;
  return `<div class="action"><label><input type="checkbox"><span>${escape(say)}</span></label>${commands}</div>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  // A parser turns a bare carriage return into a newline.
  '\r': '&#13;',
};

function escape(value: string): string {
  return value.replace(/[&<>"'\r]/g, (character) => entities[character] ?? character);
}
