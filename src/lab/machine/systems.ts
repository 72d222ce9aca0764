/**
 * The systems that a Services machine of the lab can run: release files, init system and where the
 * units of Replicated lie, as its installer puts them there. Values are the lab's own.
 */
import type { MachineProfile } from '../shapes';
import { systemNames, type SystemName } from './system-names';

/** What a system brings along. */
export interface System extends Pick<MachineProfile, 'distribution' | 'init'> {
  /** The user that its cloud image comes with. */
  readonly user: string;
  /** The release of Replicated that is installed unless told. */
  readonly replicated: string;
  /** Files that say what it is. */
  readonly release: Readonly<Record<string, string>>;
  /** Upstart 0.6.5 knows no overrides, and its `service` no jobs. */
  readonly isOldUpstart?: true;
}

export const systems: Readonly<Record<SystemName, System>> = {
  ubuntu1604: {
    ...{ distribution: 'debian', init: 'systemd', user: 'ubuntu', replicated: '2.38.6' },
    release: ubuntu('16.04', 'Xenial Xerus'),
  },
  ubuntu1404: {
    ...{ distribution: 'debian', init: 'upstart', user: 'ubuntu', replicated: '2.10.3' },
    release: ubuntu('14.04', 'Trusty Tahr'),
  },
  debian7: {
    ...{ distribution: 'debian', init: 'sysv', user: 'admin', replicated: '2.20.1' },
    release: {
      'etc/os-release': lines(
        ...['PRETTY_NAME="Debian GNU/Linux 7 (wheezy)"', 'NAME="Debian GNU/Linux"'],
        ...['VERSION_ID="7"', 'VERSION="7 (wheezy)"', 'ID=debian'],
      ),
      'etc/debian_version': lines('7.11'),
    },
  },
  centos7: {
    ...{ distribution: 'rhel', init: 'systemd', user: 'centos', replicated: '2.38.6' },
    release: {
      'etc/os-release': lines(
        ...['NAME="CentOS Linux"', 'VERSION="7 (Core)"', 'ID="centos"', 'ID_LIKE="rhel fedora"'],
        ...['VERSION_ID="7"', 'PRETTY_NAME="CentOS Linux 7 (Core)"'],
      ),
      'etc/centos-release': lines('CentOS Linux release 7.6.1810 (Core)'),
    },
  },
  centos6: {
    ...{ distribution: 'rhel', init: 'upstart', user: 'centos', replicated: '2.20.1' },
    isOldUpstart: true,
    release: {
      'etc/centos-release': lines('CentOS release 6.10 (Final)'),
      'etc/redhat-release': lines('CentOS release 6.10 (Final)'),
    },
  },
  amazon2: {
    ...{ distribution: 'rhel', init: 'systemd', user: 'ec2-user', replicated: '2.38.6' },
    release: {
      'etc/os-release': lines(
        ...['NAME="Amazon Linux"', 'VERSION="2"', 'ID="amzn"', 'ID_LIKE="centos rhel fedora"'],
        ...['VERSION_ID="2"', 'PRETTY_NAME="Amazon Linux 2"'],
      ),
      'etc/system-release': lines('Amazon Linux release 2 (Karoo)'),
    },
  },
  amazon1: {
    ...{ distribution: 'rhel', init: 'upstart', user: 'ec2-user', replicated: '2.38.6' },
    isOldUpstart: true,
    release: {
      'etc/os-release': lines(
        ...['NAME="Amazon Linux AMI"', 'VERSION="2018.03"', 'ID="amzn"', 'ID_LIKE="rhel fedora"'],
        ...['VERSION_ID="2018.03"', 'PRETTY_NAME="Amazon Linux AMI 2018.03"'],
      ),
      'etc/system-release': lines('Amazon Linux AMI release 2018.03'),
    },
  },
};

/** The system of a profile that names only family and init system. */
export function systemOf({
  system,
  distribution,
  init,
}: Pick<MachineProfile, 'system' | 'distribution' | 'init'>): SystemName {
  const fits = (name: SystemName): boolean =>
    systems[name].distribution === distribution && systems[name].init === init;
  return system ?? systemNames.find(fits) ?? 'ubuntu1604';
}

/** What the installer lays for an init system that is not systemd. */
export function unitFiles(init: MachineProfile['init']): Record<string, string> {
  const units = ['replicated', 'replicated-ui', 'replicated-operator'];
  const files = units.map((unit): [string, string] | undefined => {
    const environment = `/etc/default/${unit === 'replicated-operator' ? unit : 'replicated'}`;
    if (init === 'upstart') {
      return [
        `etc/init/${unit}.conf`,
        lines('start on started docker', 'script', `  . ${environment}`, 'end script'),
      ];
    }
    return init === 'sysv'
      ? [`etc/init.d/${unit}`, lines('#!/bin/bash', `. ${environment}`)]
      : undefined;
  });
  return Object.fromEntries(files.filter((file) => file !== undefined));
}

function ubuntu(version: string, name: string): Record<string, string> {
  return {
    'etc/os-release': lines(
      ...['NAME="Ubuntu"', `VERSION="${version} LTS (${name})"`, 'ID=ubuntu', 'ID_LIKE=debian'],
      ...[`PRETTY_NAME="Ubuntu ${version} LTS"`, `VERSION_ID="${version}"`],
    ),
    'etc/debian_version': lines(version === '16.04' ? 'stretch/sid' : 'jessie/sid'),
  };
}

function lines(...text: string[]): string {
  return text.map((line) => `${line}\n`).join('');
}
