/** What the Nomad server says of itself and its clients; its answers are tables of text. */

/** A machine that runs builds. */
export interface NomadClient {
  readonly id: string;
  readonly name: string;
  /** `ready`, `down`, `initializing`. */
  readonly status: string;
}

/** Whether `nomad server-members` names a leader; a server without one runs no build. */
export function hasLeader(serverMembers: string): boolean {
  return rowsOf(serverMembers, 'Name').some((row) => row.get('Leader') === 'true');
}

/** Reads `nomad node-status`, with or without the column Eligibility, which came with 0.8. */
export function parseNomadClients(nodeStatus: string): NomadClient[] {
  return rowsOf(nodeStatus, 'ID').flatMap((row) => {
    const [id, name, status] = [row.get('ID'), row.get('Name'), row.get('Status')];
    return id && name && status ? [{ id, name, status }] : [];
  });
}

// Columns stand two blanks or more apart; a title such as `Running Allocs` holds one.
function rowsOf(table: string, firstColumn: string): Map<string, string>[] {
  const lines = table.split('\n').map((line) => line.trim().split(/\s{2,}/));
  const header = lines.findIndex(([title]) => title === firstColumn);
  const titles = lines[header] ?? [];
  return lines
    .slice(header + 1)
    .filter((cells) => header >= 0 && cells.length === titles.length)
    .map((cells) => new Map(cells.map((cell, column) => [titles[column] ?? '', cell])));
}
