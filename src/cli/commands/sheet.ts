/**
 * `runbook sheet`: the page to give to the administrators beforehand. It asks EC2 for the tags of
 * images and for the specs of an instance type, and nobody else: it works while Temporal is down.
 */
import { sheetHtml } from '../../contract/sheet/html';
import { sheetMarkdown } from '../../contract/sheet/markdown';
import { makeSheet } from '../../contract/sheet/sheet';
import { commandRow } from '../command-row';
import { openConfig } from '../configured';
import { exitStatus } from '../exit-status';

export const sheet = commandRow<{ readonly html?: string; readonly markdown?: string }>({
  usage: 'sheet <installation>',
  summary: 'write the page for a restore by hand, to print beforehand; works without Temporal',
  options: [
    ['--html <file>', 'write it as one HTML page that prints well'],
    ['--markdown <file>', 'write it as Markdown into a file'],
  ],
  example: [
    'runbook sheet prod',
    'runbook sheet prod --html prod.html --markdown prod.md',
    'runbook sheet prod --json',
  ].join('\n'),
  run: async ({ args, options, out }) => {
    const { name, installation } = await openConfig(args[0] ?? '');
    const { openEc2 } = await import('../../world/ec2/index.js');
    const { readSheet } = await import('../../world/files/sheets.js');
    const ec2 = (region: string) => openEc2({ region });
    const facts = await readSheet({ name, installation, ec2, madeAt: new Date() });
    const page = makeSheet(facts);
    const markdown = sheetMarkdown(page);
    const wanted = [
      [options.html, sheetHtml(page)],
      [options.markdown, markdown],
    ] as const;
    const files: string[] = [];
    for (const [file, text] of wanted) {
      if (file === undefined) continue;
      const { writeWhole } = await import('../../world/files/whole-file.js');
      await writeWhole(file, text);
      files.push(file);
    }
    const said = files.length > 0 ? files.map((file) => `${file} written`).join('\n') : markdown;
    out.result(said.trimEnd(), { ...facts, sections: page.sections, files });
    return exitStatus.done;
  },
});
