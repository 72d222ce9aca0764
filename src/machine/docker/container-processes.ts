/**
 * What shows that containers run where Docker cannot be asked: each process stands in the control
 * group of its container, which bears its id, whichever daemon made it and whether that still runs.
 */

/**
 * Sets `ids` to the ids of containers that have processes. A machine of the lab may itself run in a
 * container: the own one is none of its.
 */
export function idsByProcesses(proc: string): string[] {
  return [
    `own=$(cat ${proc}/self/cgroup 2>/dev/null | grep -oE '[0-9a-f]{64}' | head -1)`,
    `ids=$(cat ${proc}/[0-9]*/cgroup 2>/dev/null | grep -oE '[/-][0-9a-f]{64}([.]scope)?$' |`,
    `  grep -oE '[0-9a-f]{64}' | sort -u | { while read -r id; do`,
    '    if [ "$id" != "$own" ]; then echo "$id"; fi',
    '  done; })',
  ];
}
