/** The task queues of one worker: steps, and beside them what waits for hours. */

/** The queue of the steps that wait for AWS or restic for hours, and do nothing else. */
export function waitingQueue(taskQueue: string): string {
  return `${taskQueue}-waits`;
}
