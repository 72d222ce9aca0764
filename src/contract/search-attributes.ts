/** The search attributes by which runs are listed; all are keywords. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const runbookInstallation = defineSearchAttributeKey(
  'RunbookInstallation',
  SearchAttributeType.KEYWORD,
);
export const runbookStatus = defineSearchAttributeKey('RunbookStatus', SearchAttributeType.KEYWORD);
export const runbookStep = defineSearchAttributeKey('RunbookStep', SearchAttributeType.KEYWORD);

/** The names to register in a namespace before a worker runs there. */
export const searchAttributeNames: readonly string[] = [
  runbookInstallation.name,
  runbookStatus.name,
  runbookStep.name,
];
