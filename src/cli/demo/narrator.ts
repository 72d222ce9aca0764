/** The demo's voice: headings, explanations, and what a person would type. */
import type { Output } from '../output';

/** Tells the story. */
export interface Narrator {
  /** Begins a chapter. */
  chapter(title: string): void;
  /** Explains in a paragraph. */
  explain(text: string): void;
  line(text: string): void;
  /** Shows a command or an object, as it would be typed or sent. */
  show(text: string): void;
}

/** Opens the narrator on a command's output. */
export function openNarrator(out: Output): Narrator {
  let chapters = 0;
  return {
    chapter: (title) => {
      chapters += 1;
      const heading = `${String(chapters)}. ${title}`;
      out.line('');
      out.line(out.paint.bold(heading));
      out.line(out.paint.bold('─'.repeat(heading.length)));
    },
    explain: (text) => {
      for (const line of wrap(text, 88)) out.line(line);
    },
    line: (text) => {
      out.line(text);
    },
    show: (text) => {
      out.line(`    ${out.paint.dim(text)}`);
    },
  };
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
