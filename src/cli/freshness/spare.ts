/** Whether a spare machine is ready, and how old what it holds is. */
import { takenAt, type BackupImage } from '../../machine/backups/backups';
import { tagNames } from '../../machine/backups/tags';
import type { Finding } from '../doctor/check';
import { span } from '../render/span';

/** A machine as far as it matters here. */
interface SpareMachine {
  readonly id: string;
  readonly state: string;
  readonly imageId: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The spares of an installation in their region, or why AWS did not tell them. */
export interface SparesThere {
  readonly region: string;
  readonly machines: readonly SpareMachine[] | { readonly unknown: string };
  /** The backups there, by which the age is known. */
  readonly images: readonly BackupImage[];
}

/** What is told of the spare. It never makes a verdict worse: a restore can start without it. */
export interface SpareVerdict {
  readonly region: string;
  readonly instance?: string;
  /** When the backup that it holds was taken. */
  readonly takenAt?: string;
  readonly ageSeconds?: number;
  readonly finding: Finding;
}

/** The verdict on the spare of one installation. */
export function judgeSpare(
  asked: { readonly installation: string; readonly now: number; readonly maxAgeSeconds: number },
  { region, machines, images }: SparesThere,
): SpareVerdict {
  const { installation, now, maxAgeSeconds } = asked;
  const where = `${installation}: the spare in ${region}`;
  const todo = `make one: runbook refresh-spare ${installation}`;
  const warn = (what: string): Finding => ({ level: 'warn', what, todo });
  if ('unknown' in machines) {
    return { region, finding: warn(`${where} is not known: ${machines.unknown}`) };
  }
  const living = machines.filter(({ state }) => !['terminated', 'shutting-down'].includes(state));
  const ready = living.find(({ tags }) => tags[tagNames.state] === 'ready');
  if (ready === undefined) {
    const seen = living.map(({ id, tags }) => `${id} (${tags[tagNames.state] ?? 'unknown'})`);
    return { region, finding: warn(`${where} is not ready (seen: ${seen.join(', ') || 'none'})`) };
  }
  const { id: instance } = ready;
  const image = images.find(({ id }) => id === ready.imageId);
  if (image === undefined) {
    const what = `${where}, ${instance}, is ready; of which backup is not known`;
    return { region, instance, finding: { level: 'ok', what } };
  }
  const at = takenAt(image);
  const ageSeconds = Math.max(0, (now - Date.parse(at)) / 1000);
  const what = `${where}, ${instance}, is ready; what it holds is ${span(ageSeconds)} old`;
  const finding: Finding = ageSeconds > maxAgeSeconds ? warn(what) : { level: 'ok', what };
  return { region, instance, takenAt: at, ageSeconds, finding };
}
