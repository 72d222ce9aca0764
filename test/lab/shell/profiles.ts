/** The systems that the lab plays, and what a machine of each is asked and told. */
import {
  dialects,
  askForDialect,
  chooseDialect,
  type Choice,
} from '../../../src/machine/dialects/choose';
import type { Dialect } from '../../../src/machine/dialects/dialect';
import type { SystemName } from '../../../src/lab/machine/system-names';
import { systems } from '../../../src/lab/machine/systems';
import type { MachineProfile } from '../../../src/lab/shapes';
import type { Command } from '../../../src/machine/shell/commands';
import { readInit, readOwnAddresses } from '../../../src/machine/shell/commands';
import { lookAtPlatform, parsePlatform } from '../../../src/machine/platform/look';
import { parseInit, restartReplicatedBy } from '../../../src/machine/platform/init';
import { judgePlatform } from '../../../src/machine/platform/supported';
import { parseServerVersion, readApp } from '../../../src/machine/platform/server';
import { parseReplicatedVersion } from '../../../src/machine/app/replicated';

/** A machine of the lab behind a shell. */
export interface Subject {
  run(
    command: Command,
  ): Promise<{ readonly code: number | null | undefined; readonly stdout: string }>;
  inspect(): Readonly<Record<string, unknown>>;
  /** Lets simulated seconds pass. */
  skip(seconds: number): void;
}

export interface Profile {
  readonly system: SystemName;
  readonly replicated: string;
  readonly speaks: Dialect['name'];
}

/** System, release of Replicated, and the dialect that a machine of both understands. */
export const profiles: readonly Profile[] = [
  { system: 'ubuntu1604', replicated: '2.38.6', speaks: 'status' },
  { system: 'ubuntu1604', replicated: '2.20.1', speaks: 'inspect' },
  { system: 'ubuntu1404', replicated: '2.10.3', speaks: 'old' },
  { system: 'debian7', replicated: '2.20.1', speaks: 'inspect' },
  { system: 'centos7', replicated: '2.38.6', speaks: 'status' },
  { system: 'centos6', replicated: '2.10.3', speaks: 'old' },
  { system: 'amazon2', replicated: '2.26.0', speaks: 'status' },
  { system: 'amazon1', replicated: '2.25.2', speaks: 'inspect' },
];

/** How the lab installs a machine of the profile. */
export function installed({ system, replicated }: Profile): Partial<MachineProfile> {
  const { distribution, init } = systems[system];
  return { distribution, init, system, replicatedVersion: replicated };
}

/** Asks which dialect the machine understands. */
export async function choice(subject: Subject): Promise<Choice> {
  return chooseDialect((await subject.run(askForDialect)).stdout);
}

/** Plays what a restore asks and tells a machine of the profile. */
export function playProfile(profile: Profile, open: () => Promise<Subject>): void {
  const { init } = systems[profile.system];
  const speaks = dialects[profile.speaks];

  it('is known for what it is', async () => {
    const subject = await open();
    const platform = parsePlatform((await subject.run(lookAtPlatform)).stdout);
    expect(platform).toMatchObject({ init, docker: '18.09.9', lacks: [] });
    expect(platform.os.distribution).toBe(systems[profile.system].distribution);
    const { stdout } = await subject.run(speaks.readVersion);
    expect(parseReplicatedVersion(stdout)).toBe(profile.replicated);
    expect(parseServerVersion((await subject.run(readApp(speaks.name))).stdout)).toBe('2.19.3');
    const verdict = judgePlatform({ platform, choice: await choice(subject) });
    expect(verdict.cannot).toEqual([]);
    expect(verdict.untried).toHaveLength(profile.system === 'debian7' ? 1 : 0);
    expect((await subject.run(readOwnAddresses)).stdout).toContain('10.0.1.5 ');
  });

  it('is spoken to in its dialect', async () => {
    const subject = await open();
    expect(await choice(subject)).toEqual({ kind: 'dialect', dialect: speaks });
    const said = async (command: Command): Promise<string> => (await subject.run(command)).stdout;
    expect(speaks.parseAppStatus(await said(speaks.readAppStatus))).toMatchObject({
      ...{ kind: 'app', state: 'started', desiredState: 'started', isTransitioning: false },
    });
    expect(speaks.parseSystemStatus(await said(speaks.readSystemStatus)).isReady).toBe(true);
    expect((await said(speaks.readLocalAddress)).trim()).toBe('10.0.1.5');
    expect((await said(speaks.readItem('hostname'))).trim()).toBe('circleci.example.com');
    expect((await said(speaks.readItem('storage_backend'))).trim()).toBe('storage_backend_s3');
  });

  it('stops its app and starts it', async () => {
    const subject = await open();
    const status = async () =>
      speaks.parseAppStatus((await subject.run(speaks.readAppStatus)).stdout);
    await subject.run(speaks.stopApp);
    expect(await status()).toMatchObject({ desiredState: 'stopped', isTransitioning: true });
    subject.skip(300);
    expect(await status()).toMatchObject({ state: 'stopped', isTransitioning: false });
    await subject.run(speaks.startApp);
    expect(await status()).toMatchObject({ desiredState: 'started', isTransitioning: true });
    subject.skip(600);
    expect(await status()).toMatchObject({ state: 'started', isTransitioning: false });
  });

  it('restarts the units of Replicated, also those that do not run', async () => {
    const subject = await open();
    const told = parseInit((await subject.run(readInit)).stdout);
    expect(told).toBe(init);
    const restart = restartReplicatedBy[told ?? 'systemd'];
    for (const time of ['first', 'second']) {
      expect([time, (await subject.run(restart)).code]).toEqual([time, 0]);
      expect(subject.inspect()).toMatchObject({
        units: { replicated: { state: 'active' }, 'replicated-operator': { state: 'active' } },
      });
    }
  });
}
