/** `runbook hold` and `unhold`: a backup that no prune removes, as a tag on its image. */
import { userInfo } from 'node:os';
import { regionsOf } from '../../machine/places';
import { tagNames } from '../../machine/tags';
import type { Image } from '../../world/ec2';
import { commandRow } from '../command-row';
import { readConfig } from '../configured';
import { CliError, exitStatus, messageOf } from '../exit-status';

const { hold: holdTag, removing: removingTag } = tagNames;

export const hold = commandRow<{ readonly reason?: string }>({
  usage: 'hold <image>',
  summary: 'keep a backup from being removed',
  options: [['--reason <text>', 'why, for those who come after you']],
  example: "runbook hold ami-0123456789abcdef0 --reason 'before the upgrade to 2.19.14'",
  run: async ({ args, options, out }) => {
    const reason = options.reason?.trim();
    if (!reason) throw new CliError('WrongUsage', "hold needs a reason: --reason 'why'");
    const { image, region } = await findBackup(args[0] ?? '');
    const removing = image.tags[removingTag];
    if (removing !== undefined) throw beingRemoved(image.id, removing);
    const value = `${reason} (${userInfo().username}, ${new Date().toISOString().slice(0, 10)})`;
    if (value.length > 256) {
      throw new CliError('WrongUsage', 'The reason becomes a tag: 200 characters at most.');
    }
    const ec2 = await openRegion(region);
    await ec2.tag([image.id], { [holdTag]: value });
    // A prune may have begun between the look and the tag.
    const [after] = await ec2.images({ ids: [image.id] });
    const begun = after ? after.tags[removingTag] : 'the image is gone';
    if (begun !== undefined) throw heldTooLate(image.id, begun);
    out.result(`${image.id} is held: ${value}`, { image: image.id, hold: value });
    return exitStatus.done;
  },
});

export const unhold = commandRow({
  usage: 'unhold <image>',
  summary: 'let a backup be removed again when no rule keeps it',
  example: 'runbook unhold ami-0123456789abcdef0',
  run: async ({ args, out }) => {
    const { image, region } = await findBackup(args[0] ?? '');
    const before = image.tags[holdTag];
    if (before === undefined) {
      out.result(`${image.id} is not held.`, { image: image.id });
      return exitStatus.done;
    }
    const ec2 = await openRegion(region);
    await ec2.untag([image.id], [holdTag]);
    out.result(`${image.id} is not held any more; it was: ${before}`, { image: image.id, before });
    return exitStatus.done;
  },
});

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

async function openRegion(region: string) {
  const { openEc2 } = await import('../../world/ec2.js');
  return openEc2({ region });
}

/** Looks in each region of the configuration for the image, which must be a backup of ours. */
async function findBackup(id: string): Promise<{ image: Image; region: string }> {
  const { installations } = await readConfig();
  const regions = [...new Set(Object.values(installations).flatMap(regionsOf))];
  const unanswered: string[] = [];
  for (const region of regions) {
    const ec2 = await openRegion(region);
    const [image] = await ec2.images({ ids: [id] }).catch((error: unknown) => {
      unanswered.push(`${region} could not be asked: ${messageOf(error)}`);
      return [];
    });
    if (image === undefined) continue;
    if (image.tags[tagNames.kind] === 'backup') return { image, region };
    throw new CliError('WrongUsage', `${id} was not made by this tool; no prune removes it.`);
  }
  if (unanswered.length > 0) throw new CliError('Failed', unanswered.join('\n'));
  throw new CliError('WrongUsage', `There is no image ${id} in ${regions.join(', ')}.`);
}
