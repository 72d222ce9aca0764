/** Which runs are over, by the name that Temporal gives to a workflow's status. */

const closed: readonly string[] = [
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TERMINATED',
  'CONTINUED_AS_NEW',
  'TIMED_OUT',
];

/** Whether no code of the run will run any more. A paused one goes on; one of a status that this
 * version does not know may. */
export function isClosed(status: string): boolean {
  return closed.includes(status);
}
