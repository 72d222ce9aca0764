/** `runbook hold` and `unhold`: a backup that no prune removes, as a tag on its image. */
import { isPrintable } from '../../contract/printable';
import { backupOf, backupTags } from '../../machine/backups/backups';
import { regionsOf } from '../../machine/launch/places';
import { tagNames } from '../../machine/backups/tags';
import type { Ec2, Image } from '../../world/ec2';
import type { ImageQuery } from '../../world/ec2/reads';
import { commandRow } from '../command-row';
import { readConfig } from '../configured';
import { CliError, exitStatus, messageOf } from '../exit-status';
import { userName } from '../user-name';

const { hold: holdTag, removing: removingTag } = tagNames;

export const hold = commandRow<{ readonly reason?: string }>({
  usage: 'hold <image>',
  summary: 'keep a backup from being removed',
  options: [['--reason <text>', 'why, for those who come after you']],
  example: "runbook hold ami-0123456789abcdef0 --reason 'before the upgrade to 2.19.14'",
  run: async ({ args, options, out }) => {
    const reason = options.reason?.trim();
    if (!reason) throw new CliError('WrongUsage', "hold needs a reason: --reason 'why'");
    if (!isPrintable(reason)) {
      throw new CliError('WrongUsage', 'The reason is one line without control characters.');
    }
    const { image, copies, unanswered } = await findBackup(args[0] ?? '');
    const value = `${reason} (${userName()}, ${new Date().toISOString().slice(0, 10)})`;
    if (value.length > 256) {
      throw new CliError('WrongUsage', 'The reason becomes a tag: 200 characters at most.');
    }
    const removing = image.tags[removingTag];
    if (removing !== undefined) throw beingRemoved(image.id, removing);
    // In every region: a removal that has begun elsewhere looks at its own image only.
    const staying = copies.filter(({ tags }) => tags[removingTag] === undefined);
    for (const { id, ec2 } of staying) await ec2.tag([id], { [holdTag]: value });
    const held: Copy[] = [];
    for (const copy of staying) {
      // A prune may have begun between the look and the tag.
      const [after] = await copy.ec2.images({ ids: [copy.id] });
      const begun = after ? after.tags[removingTag] : 'the image is gone';
      if (begun === undefined) held.push(copy);
      else if (copy.id === image.id) throw heldTooLate(copy.id, begun);
    }
    // A copy that goes must not keep this one from being held.
    const going = copies
      .filter((copy) => !held.includes(copy))
      .map(({ id }) => `${id}, a copy of it, is being removed.`);
    out.result([`${named(held)} held: ${value}`, ...going, ...unanswered].join('\n'), {
      image: image.id,
      hold: value,
      copies: held.map(({ id }) => id),
      unanswered,
    });
    return exitStatus.done;
  },
});

export const unhold = commandRow({
  usage: 'unhold <image>',
  summary: 'let a backup be removed again when no rule keeps it',
  example: 'runbook unhold ami-0123456789abcdef0',
  run: async ({ args, out }) => {
    const { image, copies, unanswered } = await findBackup(args[0] ?? '');
    const held = copies.filter(({ tags }) => tags[holdTag] !== undefined);
    const before = held[0]?.tags[holdTag];
    if (before === undefined) {
      out.result([`${image.id} is not held.`, ...unanswered].join('\n'), { image: image.id });
      return exitStatus.done;
    }
    for (const { id, ec2 } of held) await ec2.untag([id], [holdTag]);
    out.result([`${named(held)} not held any more; it was: ${before}`, ...unanswered].join('\n'), {
      image: image.id,
      before,
      copies: held.map(({ id }) => id),
      unanswered,
    });
    return exitStatus.done;
  },
});

/** `ami-1 is`, `ami-1 and ami-2 are`. */
function named(copies: readonly Image[]): string {
  const ids = copies.map(({ id }) => id).join(' and ');
  return `${ids} ${copies.length === 1 ? 'is' : 'are'}`;
}

function beingRemoved(id: string, mark: string): CliError {
  return new CliError(
    'Failed',
    `${id} was not held: its removal has begun (${mark}). If \`runbook status\` shows that run as ` +
      `ended and the image is still there, AWS refused: remove its tag ${removingTag}, then hold it again.`,
  );
}

function heldTooLate(id: string, begun: string): CliError {
  return new CliError(
    'Failed',
    `${id} has the tag ${holdTag} now, but a prune had begun to remove it (${begun}). Wait for its ` +
      'end, and see with `runbook backups` whether the image is still there.',
  );
}

interface Copy extends Image {
  readonly ec2: Ec2;
}

interface Found {
  readonly image: Image;
  /** The backup in every region that has it, and under every name; they share its record. */
  readonly copies: readonly Copy[];
  /** One line for each region that did not tell. */
  readonly unanswered: readonly string[];
}

/** Looks in each region of the configuration for the image, which must be a backup of ours. */
async function findBackup(id: string): Promise<Found> {
  const { installations } = await readConfig();
  const { openEc2 } = await import('../../world/ec2/index.js');
  const regions = [...new Set(Object.values(installations).flatMap(regionsOf))];
  const unanswered: string[] = [];
  const asked = async (query: ImageQuery): Promise<Copy[]> => {
    const each = regions.map(async (region) => {
      const ec2 = openEc2({ region });
      try {
        return (await ec2.images(query)).map((image) => ({ ...image, ec2 }));
      } catch (error) {
        const line = `${region} could not be asked: ${messageOf(error)}`;
        if (!unanswered.includes(line)) unanswered.push(line);
        return [];
      }
    });
    return (await Promise.all(each)).flat();
  };
  const [image] = await asked({ ids: [id] });
  if (image === undefined && unanswered.length > 0) {
    throw new CliError('Failed', unanswered.join('\n'));
  }
  if (image === undefined) {
    throw new CliError('WrongUsage', `There is no image ${id} in ${regions.join(', ')}.`);
  }
  if (image.tags[tagNames.kind] !== 'backup') {
    throw new CliError('WrongUsage', `${id} was not made by this tool; no prune removes it.`);
  }
  const tags = backupTags(image.tags[tagNames.installation] ?? '');
  const all = await asked({ tags });
  const isCopy = (one: Image): boolean =>
    one.name === image.name || backupOf(one) === backupOf(image);
  return { image, copies: all.filter(isCopy), unanswered };
}
