/** Whose containers run on the machine, told by their names in `docker ps`. */

// Replicated's own: the daemon, its UI, operator, premkit and statsd, and Retraced, its audit log.
const ofReplicated = /^(replicated|retraced-|premkit$|statsd$)/;

/** Reads `docker ps --format '{{.Names}}'`: a container a line. */
export function parseContainers(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((name) => name !== '');
}

/** The containers of the app; none are left when it is really stopped. */
export function appContainers(names: readonly string[]): string[] {
  return names.filter((name) => !ofReplicated.test(name));
}
