/**
 * The Nomad server in its container. Raft remembers its peers by address in /opt/nomad: a server
 * that finds another's address there never elects a leader.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Core } from './core';

const peersPath = 'opt/nomad/server/raft/peers.info';

/** Nomad's state of one machine. */
export class Nomad {
  constructor(private readonly core: Core) {}

  get hasLeader(): boolean {
    return this.core.state.volatile.nomadLeader;
  }

  /** The server that Raft remembers, as `address:port`. */
  get peer(): string | undefined {
    const path = join(this.core.root, peersPath);
    return existsSync(path) ? /^[\d.]+:\d+$/m.exec(readFileSync(path, 'utf8'))?.[0] : undefined;
  }

  /** The container starts: makes its folder when there is none, and looks for its peers. */
  begin(): void {
    const { root, privateAddress, state } = this.core;
    if (!existsSync(join(root, peersPath))) {
      seedNomad(root, privateAddress);
    }
    state.volatile.nomadLeader = this.peer === `${privateAddress}:4647`;
    state.save();
  }

  /** Clients that have joined: those that carry this machine's address. */
  clients(): { readonly id: string }[] {
    const { surroundings, privateAddress } = this.core;
    return surroundings.nomadClients.filter((client) => client.serverAddress === privateAddress);
  }
}

/** Writes a fresh state folder for a server at the address. */
export function seedNomad(root: string, privateAddress: string): void {
  const server = join(root, 'opt/nomad/server');
  mkdirSync(join(server, 'raft/snapshots'), { recursive: true });
  mkdirSync(join(server, 'serf'), { recursive: true });
  writeFileSync(join(server, 'raft/raft.db'), Buffer.from(`\0\0BoltDB\0${privateAddress}:4647\0`));
  writeFileSync(join(root, peersPath), `${privateAddress}:4647\n`);
  writeFileSync(
    join(server, 'serf/snapshot'),
    `alive: ${privateAddress}.global ${privateAddress}:4648\nclock: 3\n`,
  );
}
