/** The commands that look for the databases on a machine. They change nothing. */
import type { Command } from '../shell/commands';
import { dataFolders } from './signs';

/** Prints `holds`, `empty` or `absent` and the folder, a line each; a folder of folders is empty. */
export const readDataFolders: Command = {
  readsOnly: true,
  name: 'the look at the data folders',
  script: [
    'for folder in "$@"; do',
    '  if [ ! -d "$folder" ]; then echo "absent $folder"',
    // A folder may be a symlink to another volume.
    '  elif [ -n "$(find "$(readlink -f "$folder")" -type f 2>/dev/null | head -1)" ]; then ' +
      'echo "holds $folder"',
    '  else echo "empty $folder"; fi',
    'done',
  ].join('\n'),
  args: Object.values(dataFolders),
  timeoutSeconds: 60,
};

/**
 * Prints each file of customisations, its path and its content as base64, a line each. They hold
 * passwords: what is kept of them are names of hosts.
 */
export const readCustomizations: Command = {
  confidential: true,
  readsOnly: true,
  name: 'the look at the customisations',
  script: [
    'for file in /etc/circle-installation-customizations /etc/circleconfig/shared/* ' +
      '/etc/circleconfig/*/customizations; do',
    '  if [ -f "$file" ]; then echo "$file"; head -c 20000 "$file" | base64 -w0; echo; fi',
    'done',
  ].join('\n'),
  args: [],
  timeoutSeconds: 30,
};
