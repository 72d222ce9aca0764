/** What a failed SSH connection means: wait and try again, or ask a person. */
import type { ApplicationFailure } from '@temporalio/common';
import { refuse, tryAgain } from '../../contract/failures';
import { howToAllowSha1 } from '../../machine/login/host-keys';
import { knownObstacle, type Obstacle } from '../../machine/login/logins';
import { saidShortly } from '../../machine/text/said';

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
  /** Those of the pins that a person has allowed to be proven by SHA-1. */
  readonly sha1Pins: readonly string[];
  readonly credentials: Credentials;
  readonly freshlyBooted: boolean;
}

/** Why a handshake came to nothing, and the pin of the key that the host showed, if it did. */
export interface FailedHandshake {
  readonly failed: Error & { readonly level?: string };
  readonly shown: string | undefined;
  readonly denied: boolean;
  /** How the host can prove its keys, as it offers at the handshake; unknown before that. */
  readonly offers?: readonly string[];
  /** What the host printed before the login was through. */
  readonly banner?: string;
  /** What else the host would take, once it has refused something. */
  readonly left?: { readonly methods: readonly string[]; readonly isPartial: boolean };
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
  if (provesBySha1(hop, outcome)) return bySha1(hop, shown);
  if (denied && shown !== undefined) return keyUnknown(hop, shown);
  const obstacle = knownObstacle(outcome.banner ?? '', hop.user);
  if (obstacle) return commandRefused(hop, { what: 'the login' }, obstacle);
  const wants = whatElse(outcome);
  if (wants !== undefined) return loginRefused({ ...hop, freshlyBooted: false }, wants);
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

/** A key is not enough, or is not asked for at all: no waiting changes that. */
function whatElse({ failed, left }: FailedHandshake): string | undefined {
  if (left === undefined || failed.level !== 'client-authentication') return undefined;
  const methods = left.methods.join(', ');
  if (left.isPartial) return `it took the key, and wants ${methods} besides`;
  return left.methods.length > 0 && !left.methods.includes('publickey')
    ? `it takes no keys from this user, only ${methods}`
    : undefined;
}

/** The details of such a failure, for who shows its parts. */
export interface ObstacleAt {
  readonly at: string;
  readonly cause: string;
  readonly todo: string;
  readonly line: string;
}

/** The login works, or would, and what was to run did not: told by what the host printed. */
export function commandRefused(
  hop: Hop,
  { what, status = '' }: { readonly what: string; readonly status?: string },
  { kind, cause, todo, line }: Obstacle,
): ApplicationFailure {
  const said = line === '' ? '' : ` It said: ${saidShortly(line, 500)}`;
  const type = kind === 'sudo' ? 'SudoRefused' : 'LoginGetsNowhere';
  const message =
    `The ${nameOf(hop)} did not run "${what}"${status}: ${cause}. Nothing was changed by it. ` +
    `What to do: ${todo}; then retry.${said}`;
  const details: ObstacleAt = {
    at: nameOf(hop),
    cause,
    todo,
    line: line === '' ? '' : saidShortly(line),
  };
  return kind === 'passing' ? tryAgain(type, message, details) : refuse(type, message, details);
}

/** The bastion lets us in and opens no way: a rule of its sshd or of the key, or its account. */
export function forwardsNothing(hop: Hop, to: string, heard: string): ApplicationFailure {
  const known = knownObstacle(heard, hop.user);
  return commandRefused(
    hop,
    { what: `a connection to ${to}` },
    known ?? {
      kind: 'login',
      cause: 'it forwards no connection there',
      todo:
        'allow it in its sshd_config (AllowTcpForwarding, PermitOpen, DisableForwarding), and look ' +
        "for no-port-forwarding, restrict or permitopen on the key's line in authorized_keys",
      line: heard
        .split(/[\r\n]/)
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .join(' / '),
    },
  );
}

/** Whether a host that offers these proofs has none for an RSA key but SHA-1. */
export function provesRsaBySha1(offers: readonly string[]): boolean {
  return offers.includes('ssh-rsa') && !offers.some((one) => one.startsWith('rsa-sha2-'));
}

/** Whether the one key that would do is an RSA key that the host proves by SHA-1 only. */
function provesBySha1(hop: Hop, outcome: FailedHandshake): boolean {
  const { denied, shown, offers = [] } = outcome;
  const isPinned = shown === undefined ? hop.pins.some(isRsa) : hop.pins.includes(shown);
  return provesRsaBySha1(offers) && isPinned && (denied || lacksPinnedType(outcome));
}

function isRsa(pin: string): boolean {
  return pin.startsWith('ssh-rsa ');
}

function bySha1(hop: Hop, shown: string | undefined): ApplicationFailure {
  const pin = shown ?? hop.pins.find(isRsa) ?? 'ssh-rsa SHA256:…';
  return refuse(
    'HostKeyBySha1',
    `The ${nameOf(hop)} can prove its host key ${pin} by SHA-1 (ssh-rsa) only, as OpenSSH before 7.2 ` +
      'does. Such a proof can be forged by whoever can pay for it, so it is not taken. Nothing was ' +
      `sent to it. ${howToAllowSha1(hop.role, pin)} Then retry.`,
    { offered: pin },
  );
}

/** The host did not answer, or hung up: a machine that boots does both. */
export function unreachable(hop: Hop, seen: string): ApplicationFailure {
  return tryAgain(
    'MachineUnreachable',
    `The ${nameOf(hop)} could not be reached over SSH: ${saidShortly(seen, 300)}. Check that it runs, that its ` +
      'security group lets this worker or the bastion in, and that sshd answers on that port.',
  );
}

/** The key or user was not taken. While a machine boots, its authorized_keys may not be written. */
export function loginRefused(hop: Hop, seen: string): ApplicationFailure {
  const message =
    `The ${nameOf(hop)} could not be logged in to: ${saidShortly(seen, 300)}. Check "user" and "key" (or "agent") of ` +
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
    `The ${nameOf(hop)} and this worker have no SSH algorithm in common: ${saidShortly(seen, 300)}. Update sshd or its ` +
      'KexAlgorithms, Ciphers and MACs on that host.',
  );
}
