/** What a failed SSH connection means: wait and try again, or ask a person. */
import type { ApplicationFailure } from '@temporalio/common';
import { refuse, tryAgain } from '../contract/failures';

/** What proves who logs in: a private key file, or the keys of the SSH agent. */
export interface Credentials {
  readonly keyFile?: string;
  readonly agent?: boolean;
}

/** One host on the way, and the keys that it may show. */
export interface Hop {
  readonly role: 'bastion' | 'machine';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly pins: readonly string[];
  readonly credentials: Credentials;
  readonly freshlyBooted: boolean;
}

/** Why a handshake came to nothing, and the pin of the key that the host showed, if it did. */
export interface FailedHandshake {
  readonly failed: Error & { readonly level?: string };
  readonly shown: string | undefined;
  readonly denied: boolean;
}

/** Says a hop in a message: `machine ubuntu@10.0.1.5:22`. */
export function nameOf(hop: Hop): string {
  return `${hop.role} ${hop.user}@${hop.host}:${hop.port}`;
}

// `level` is how ssh2 says where an error arose; `client-key` is added by ssh-dial.ts.
const isLogin = new Set(['client-authentication', 'client-key', 'agent']);

/** Sorts a failed handshake: key unknown, login refused, no common algorithm, or not reachable. */
export function handshakeFailure(hop: Hop, outcome: FailedHandshake): ApplicationFailure {
  const { failed, shown, denied } = outcome;
  if (denied && shown !== undefined) return keyUnknown(hop, shown);
  if (isLogin.has(failed.level ?? '')) return loginRefused(hop, failed.message);
  if (lacksPinnedType(outcome)) return noPinnedType(hop);
  if (failed.level === 'handshake' && /no matching/i.test(failed.message)) {
    return noCommonAlgorithm(hop, failed.message);
  }
  return unreachable(hop, failed.message);
}

/** Whether the host has no key of a pinned type at all, so that it showed none. */
export function lacksPinnedType({ failed }: FailedHandshake): boolean {
  return failed.level === 'handshake' && /no matching host key/i.test(failed.message);
}

/** The host did not answer, or hung up: a machine that boots does both. */
export function unreachable(hop: Hop, seen: string): ApplicationFailure {
  return tryAgain(
    'MachineUnreachable',
    `The ${nameOf(hop)} could not be reached over SSH: ${seen}. Check that it runs, that its ` +
      'security group lets this worker or the bastion in, and that sshd answers on that port.',
  );
}

/** The key or user was not taken. While a machine boots, its authorized_keys may not be written. */
export function loginRefused(hop: Hop, seen: string): ApplicationFailure {
  const message =
    `The ${nameOf(hop)} could not be logged in to: ${seen}. Check "user" and "key" (or "agent") of ` +
    'this installation in runbook.yaml; a key with a passphrase works only through the agent.';
  return hop.freshlyBooted && seen.includes('authentication methods failed')
    ? tryAgain('SshLoginRefused', message)
    : refuse('SshLoginRefused', message);
}

/**
 * Nobody has confirmed the key. Only for the machine do the details hold it as `offered`, for a
 * gate to confirm: the bastion's key is pinned in the configuration and nowhere else.
 */
function keyUnknown(hop: Hop, shown: string): ApplicationFailure {
  return hop.role === 'machine'
    ? refuse(
        'HostKeyUnknown',
        `The ${nameOf(hop)} shows the host key ${shown}, which is not among its confirmed keys ` +
          `(${hop.pins.join(', ')}). Nothing was sent to it. Compare the key with the ` +
          "instance's console output before you confirm it.",
        { offered: shown },
      )
    : refuse(
        'HostKeyUnknown',
        `The ${nameOf(hop)} shows the host key ${shown}, which runbook.yaml does not pin ` +
          `(${hop.pins.join(', ')}). Nothing was sent to it. Find out why its key changed; only ` +
          'then change "hostKeys" of the bastion.',
        { hop: 'bastion', shown },
      );
}

/** There is nothing to compare the host's key with. */
export function nothingPinned(hop: Hop): ApplicationFailure {
  return refuse(
    'HostKeyUnknown',
    `No host key of the ${nameOf(hop)} is confirmed, so it was not dialled. Confirm the key that ` +
      'its console output shows, or add it to "hostKeys" in runbook.yaml.',
  );
}

function noPinnedType(hop: Hop): ApplicationFailure {
  return refuse(
    'HostKeyUnknown',
    `The ${nameOf(hop)} has no host key of a confirmed type (${hop.pins.join(', ')}). Nothing was ` +
      "sent to it. Compare its keys with the instance's console output and confirm one of them.",
  );
}

function noCommonAlgorithm(hop: Hop, seen: string): ApplicationFailure {
  return refuse(
    'MachineUnreachable',
    `The ${nameOf(hop)} and this worker have no SSH algorithm in common: ${seen}. Update sshd or its ` +
      'KexAlgorithms, Ciphers and MACs on that host.',
  );
}
