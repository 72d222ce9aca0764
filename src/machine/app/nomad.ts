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

/**
 * Reads `nomad node-status`, with or without the column Eligibility, which came with 0.8; undefined for
 * what is no such table: an error, or rows that cannot be read.
 */
export function readNomadClients(nodeStatus: string): NomadClient[] | undefined {
  // Without clients Nomad prints nothing, or the titles alone.
  if (nodeStatus.trim() === '') return [];
  if (!linesOf(nodeStatus).some((line) => /^ID\s{2,}/.test(line.trim()))) return undefined;
  const rows = rowsOf(nodeStatus, 'ID');
  const clients = rows.flatMap((row) => {
    const [id, name, status] = [row.get('ID'), row.get('Name'), row.get('Status')];
    return id && name && status ? [{ id, name, status }] : [];
  });
  return clients.length === rows.length ? clients : undefined;
}

// Columns stand two blanks or more apart; a title such as `Running Allocs` holds one. A row with an
// empty cell has fewer of them: then the titles tell where its cells begin.
function rowsOf(table: string, firstColumn: string): Map<string, string>[] {
  const lines = linesOf(table);
  const start = lines.findIndex((line) => cellsOf(line)[0] === firstColumn);
  const header = lines[start];
  if (header === undefined) return [];
  const titles = cellsOf(header);
  return lines.slice(start + 1).flatMap((line) => {
    const cells = cellsOf(line);
    if (cells.length < 2) return [];
    const own = cells.length === titles.length ? cells : cellsBelow(header, titles, line);
    return [new Map(own.map((cell, column) => [titles[column] ?? '', cell]))];
  });
}

function linesOf(table: string): string[] {
  return table.split('\n').map((line) => line.trimEnd());
}

function cellsOf(line: string): string[] {
  return line.trim().split(/\s{2,}/);
}

function cellsBelow(header: string, titles: readonly string[], line: string): string[] {
  let from = 0;
  const starts = titles.map((title) => (from = header.indexOf(title, from)));
  return starts.map((start, column) => line.slice(start, starts[column + 1]).trim());
}
