/** What every namespace needs before a worker runs there: retention and search attributes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';

/** How long the history of a closed run is kept, in days. */
export const retentionDays = 90;

/** The search attributes of a run; the same names as in contract/search-attributes.ts. */
export const runbookAttributes = ['RunbookInstallation', 'RunbookStatus', 'RunbookStep'] as const;

// INDEXED_VALUE_TYPE_KEYWORD
const keyword = 2;
const visibleWithinMs = 30_000;

/**
 * Sets retention and adds the missing search attributes, also in a namespace that exists already,
 * and waits until they can be used: a workflow that sets an unknown one gets stuck.
 */
export async function prepareNamespace(connection: Connection, namespace: string): Promise<void> {
  const until = Date.now() + visibleWithinMs;
  // A server that has just started answers before its namespace is there.
  await insist(until, () => setRetention(connection, namespace));
  await insist(until, () => addAttributes(connection, namespace));
  await insist(until, () => useAttributes(connection, namespace));
}

/** The search attributes that the namespace lacks. */
export async function missingAttributes(
  connection: Connection,
  namespace: string,
): Promise<readonly string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const present = Object.keys(customAttributes);
  return runbookAttributes.filter((name) => !present.includes(name));
}

/** Days for which the namespace keeps closed runs. */
export async function readRetentionDays(
  connection: Connection,
  namespace: string,
): Promise<number> {
  const described = await connection.workflowService.describeNamespace({ namespace });
  const seconds = described.config?.workflowExecutionRetentionTtl?.seconds;
  return seconds ? Number(seconds.toString()) / 86_400 : 0;
}

async function setRetention(connection: Connection, namespace: string): Promise<void> {
  // A person may have chosen to keep more.
  if ((await readRetentionDays(connection, namespace)) >= retentionDays) return;
  const { msToTs } = await import('@temporalio/common/lib/time.js');
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: msToTs(`${retentionDays} days`) },
  });
}

async function addAttributes(connection: Connection, namespace: string): Promise<void> {
  const missing = await missingAttributes(connection, namespace);
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
  });
}

async function useAttributes(connection: Connection, namespace: string): Promise<void> {
  const missing = await missingAttributes(connection, namespace);
  if (missing.length > 0) throw new Error(`not there yet: ${missing.join(', ')}`);
  const query = runbookAttributes.map((name) => `${name} = 'x'`).join(' AND ');
  await connection.workflowService.countWorkflowExecutions({ namespace, query });
}

async function insist(until: number, action: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await action();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(100);
    }
  }
}
