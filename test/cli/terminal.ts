import type { Terminal } from '../../src/cli/output';
import { openOutput, type Output } from '../../src/cli/output';

/** A terminal that keeps what was written to it. */
export function paperTerminal(): Terminal & { readonly said: { out: string; err: string } } {
  const said = { out: '', err: '' };
  return {
    said,
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    interactive: false,
    colors: false,
  };
}

/** An output on paper, for renderers that only want colors. */
export function plainOutput(): Output {
  return openOutput(paperTerminal(), false);
}
