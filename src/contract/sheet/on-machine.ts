/** Instructions 2 to 6 by hand, in one root shell on the new machine. */
import { usualPlaces } from '../../machine/addresses/address-files';
import * as commands from '../../machine/shell/commands';
import { recordedDialect } from '../../machine/dialects/recorded';
import { searchByHand } from '../../machine/stale/search';
import { byHand, word } from './by-hand';
import type { SheetFacts } from './facts';
import { comparingMounts } from './mounts';
import type { Step } from './page';

const copies = '/root/before-restore';

/** A root shell, and the variables that the later commands use. */
export function rootShell({ record }: SheetFacts): Step {
  const { privateAddress, publicAddress } = record;
  const outer = publicAddress === undefined ? [] : [`OLD_PUBLIC=${word(publicAddress)}`];
  return {
    title: 'On the new machine: be root, and say where it is',
    actions: [
      {
        say: 'Become root; everything up to the end is typed into this one shell.',
        run: 'sudo -i',
      },
      {
        say: 'The addresses that the image carries:',
        run: [`OLD_PRIVATE=${word(privateAddress)}`, ...outer].join('\n'),
      },
      {
        say:
          'Type the addresses of the new machine behind the equals signs. Leave the public one ' +
          'empty where it has none.',
        run: 'NEW_PRIVATE=\nNEW_PUBLIC=',
      },
      {
        say: 'See that this is the new machine: the first address must be its private one.',
        run: byHand(commands.readOwnAddresses),
      },
    ],
  };
}

/** Instruction 2. */
export function stopping(facts: SheetFacts): Step {
  const speaks = recordedDialect(facts.record);
  return {
    title: '2. Stop the app',
    actions: [
      {
        say:
          'It starts by itself a few minutes after the boot. Repeat until this prints nothing: a ' +
          'daemon that comes up, or an app that starts, takes no stop yet.',
        run: byHand(speaks.stopApp),
      },
      {
        say:
          `Repeat until ${speaks.saysOf('stopped')}; the ` + 'command above returns before that.',
        run: byHand(speaks.readAppStatus),
      },
      {
        say:
          'Repeat until no line begins with an id: that is how Replicated labels the containers of the ' +
          'app. Lines that begin with |replicated| are its own, and others are yours: both may stay. ' +
          'Where no line has a label: until no name of CircleCI (frontend, mongo, nomad …) is left.',
        run: byHand(commands.readContainers),
      },
      {
        say: 'Only if a stop was taken, and that takes longer than five minutes:',
        run: byHand(speaks.forceStopApp),
      },
      ...comparingMounts(facts),
    ],
  };
}

/** The hostname as a word of bash: it moves with the machine where it is itself an address. */
function hostnameWord({ hostname, record }: SheetFacts): string {
  if (hostname === record.privateAddress) return '"$NEW_PRIVATE"';
  if (hostname === record.publicAddress) return '"${NEW_PUBLIC:-$NEW_PRIVATE}"';
  return word(hostname);
}

/** Instruction 3, and the DNS record before it. */
export function naming(facts: SheetFacts): Step {
  const { hostname, elasticIp, record } = facts;
  const speaks = recordedDialect(record);
  const target = hostnameWord(facts);
  const isAddress = [record.privateAddress, record.publicAddress].includes(hostname);
  const wanted = isAddress ? 'the new machine’s address' : hostname;
  const dns = {
    say: `Where your DNS is kept: point ${hostname} at the new machine, and wait for its time to live.`,
  };
  return {
    title: '3. Fix the hostname',
    actions: [
      ...(elasticIp === undefined && !isAddress ? [dns] : []),
      {
        say: 'The machine itself must resolve it, to one of its own addresses:',
        run: byHand(commands.resolveHostname(hostname), [target]),
      },
      { say: `If this prints ${wanted}, go on with 4.`, run: byHand(speaks.readItem('hostname')) },
      speaks.setHostname === undefined
        ? {
            say: `Else set it at port 8800 of the machine, under Settings: ${speaks.title} cannot.`,
          }
        : {
            say: 'Else set it, and read it again:',
            run: byHand(speaks.setHostname(hostname), [target]),
          },
      {
        say:
          'If it has changed: in GitHub, change homepage and callback URL of the OAuth application, ' +
          'or make a new one to test the recovery. This file must not name the old hostname:',
        run: byHand(commands.readUrlOverride),
      },
    ],
  };
}

// What stands before and after a whole address, and after a host name that is made of one, as
// src/machine/addresses/addresses.ts has it: 10.0.1.5/24 is a network and stays, 10.0.1.5/32 is the machine.
const before = '(^|[^0-9A-Za-z_.-])';
const after =
  String.raw`($|[^0-9A-Za-z_./-]|\.($|[^0-9A-Za-z_])|/($|[^0-9]|` +
  '[0-9][A-Za-z_./-]|[0-9]{2}[0-9A-Za-z_./-]|32($|[^0-9])))';
const afterName = '($|[^0-9A-Za-z_-])';

// Two turns: of two addresses with one character between them the first turn sees only one.
const change = [
  'change() {',
  '  for file in $FILES; do for turn in 1 2; do',
  String.raw`    sed -E -i -e "s#${before}${'$'}{1//./[.]}${after}#\1$2\2#g" \
      -e "s#${before}(ip|ec2)-${'$'}{1//./-}${afterName}#\1\2-${'$'}{2//./-}\3#g" "$file"`,
  '  done; done',
  '}',
].join('\n');

// A folder of a file's name is no file; two names of one file are one.
const findFiles = [
  `FILES=$(for file in ${usualPlaces.join(' ')}; do`,
  '  if [ -f "$file" ]; then readlink -f "$file"; fi',
  'done | sort -u); echo "$FILES"',
].join('\n');

const keepCopies = [
  `mkdir -p ${copies} && chmod 700 ${copies}; for file in $FILES; do`,
  `  mkdir -p "$(dirname "${copies}$file")" && cp -p -n "$file" "${copies}$file"`,
  'done',
].join('\n');

/** Instruction 4. */
export function addressing({ record }: SheetFacts): Step {
  const { privateAddress, publicAddress } = record;
  // The private address wins where the old machine named it as its public one too.
  const hasOuter = publicAddress !== undefined && publicAddress !== privateAddress;
  const old = hasOuter ? ['"$OLD_PRIVATE"', '"$OLD_PUBLIC"'] : ['"$OLD_PRIVATE"'];
  return {
    title: '4. Update the IP addresses',
    actions: [
      {
        say:
          'The files of Replicated that hold them, in /etc/default or /etc/sysconfig; where both ' +
          'folders have them, all are changed. It must print two or more:',
        run: findFiles,
      },
      {
        say: 'Keep a copy. The files hold a token: show them to nobody.',
        run: keepCopies,
      },
      {
        say: 'Replace whole addresses only: 10.0.1.5 must not change within 10.0.1.50.',
        run: change,
      },
      {
        say: 'The private address:',
        run: 'change "$OLD_PRIVATE" "${NEW_PRIVATE:?is empty: type it first}"',
      },
      ...(hasOuter
        ? [
            {
              say: 'The public address; where the new machine has none, the files give none either:',
              run:
                'if [ -n "$NEW_PUBLIC" ]; then change "$OLD_PUBLIC" "$NEW_PUBLIC"; else\n' +
                String.raw`  sed -i "s/ -e PUBLIC_ADDRESS=${'$'}{OLD_PUBLIC//./[.]}\([^0-9A-Za-z.-]\|$\)/\1/g" $FILES` +
                '\nfi',
            },
          ]
        : []),
      {
        say: 'See what has changed, line by line.',
        run: `for file in $FILES; do diff "${copies}$file" "$file"; done`,
      },
      {
        say:
          'These lines still name an old address: file and number. Judge each: a log driver in ' +
          'Docker’s configuration that dials it keeps containers from starting, an agent or a log ' +
          'drain sends its data to the old machine, a boot script writes the old address anew. ' +
          'Change them before 6, then restart what reads them (Docker now, while the app is stopped).',
        run: searchByHand(old),
      },
    ],
  };
}

/** Instruction 5. */
export function wiping(): Step {
  return {
    title: '5. Remove /opt/nomad',
    actions: [
      {
        say: 'The app must be stopped, and no container named nomad may run that begins with an id.',
        run: byHand(commands.readContainers),
      },
      {
        say: 'Nothing may be mounted below it: this must print nothing.',
        run: `${byHand(commands.readMounts)} | grep /opt/nomad`,
      },
      { say: 'Nomad makes the folder anew.', run: 'sudo rm -rf /opt/nomad' },
    ],
  };
}

/** What the vendor's document leaves out. */
export function restarting({ record }: SheetFacts): Step {
  const speaks = recordedDialect(record);
  const restart = commands.readInit.script
    .replace('echo systemd', byHand(commands.restartReplicatedBySystemd))
    .replace(/echo (?:sysv|upstart)/g, byHand(commands.restartReplicatedByUpstart));
  return {
    title: 'Restart Replicated on its new addresses',
    actions: [
      {
        say:
          'The vendor’s document leaves this out. The units read their files only when they ' +
          'start: without it the app comes back on the old addresses.',
        run: restart,
      },
      {
        say: `Repeat until ${speaks.saysReady}.`,
        run: byHand(speaks.readSystemStatus),
      },
      {
        say: 'Both must print the new private address.',
        run: `${byHand(speaks.readLocalAddress)}\n${byHand(commands.readOperatorEndpoint)}`,
      },
    ],
  };
}

/** Instruction 6. */
export function starting({ record }: SheetFacts): Step {
  const speaks = recordedDialect(record);
  return {
    title: '6. Restart the app',
    actions: [
      { say: 'Start it.', run: byHand(speaks.startApp) },
      {
        say:
          `Repeat until ${speaks.saysOf('started')}; up to 20 ` +
          'minutes. If the error is "no such image", start it once more: the names of the images ' +
          'hold the address.',
        run: byHand(speaks.readAppStatus),
      },
    ],
  };
}

/** What a restore verifies. */
export function verifying(): Step {
  const urls = Object.values(commands.healthUrls).map(word).join(' ');
  const probe = byHand(commands.probe(''), ['"$url"']);
  return {
    title: 'Verify the app',
    actions: [
      {
        say: 'Every line must end with a number from 200 to 399.',
        run: `for url in ${urls}; do printf '%s ' "$url"; ${probe}; done`,
      },
      {
        say: 'Nomad must have a leader: one line with "true".',
        run: byHand(commands.readNomadServers),
      },
      {
        say: 'The Nomad clients that have joined:',
        run: byHand(commands.readNomadClients),
      },
    ],
  };
}
