/** A sheet as Markdown: on a terminal, in a wiki, in a repository. */
import { paragraph, rows as table, text } from '../markdown';
import type { Action, Row, Section, Sheet, Step } from './page';

/** Renders the sheet. */
export function sheetMarkdown({ title, lead, sections }: Sheet): string {
  const parts = [
    `# ${text(title)}`,
    ...lead.map((line) => paragraph(line)),
    ...sections.flatMap(section),
  ];
  return `${parts.join('\n\n')}\n`;
}

function section({ title, text: intro, rows = [], list = [], steps = [] }: Section): string[] {
  return [
    `## ${text(title)}`,
    ...(intro === undefined ? [] : [paragraph(intro)]),
    ...(rows.length > 0 ? [table(['', ''], rows.map(cells))] : []),
    ...(list.length > 0 ? [list.map((item) => `- ${paragraph(item)}`).join('\n')] : []),
    ...steps.flatMap(step),
  ];
}

function cells([label, value]: Row): string[] {
  return [text(label), value === undefined ? '\\_'.repeat(24) : text(value)];
}

function step({ title, actions }: Step): string[] {
  return [`### ${text(title)}`, ...actions.map(action)];
}

function action({ say, run }: Action): string {
  const task = `- [ ] ${text(say)}`;
  return run === undefined ? task : `${task}\n\n${fenced(run)}`;
}

/** The commands, in a fence that nothing in them can close. */
function fenced(run: string): string {
  const longest = Math.max(2, ...(run.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}sh`, ...run.split('\n'), fence].map((line) => `  ${line}`.trimEnd()).join('\n');
}
