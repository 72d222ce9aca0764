/** The tags that say what this tool made, for whom, in which run; shared by all who read them. */
export const tagNames = {
  installation: 'runbook:installation',
  kind: 'runbook:kind',
  run: 'runbook:run',
  firstRun: 'runbook:first-run',
  verified: 'runbook:verified',
  proven: 'runbook:proven',
  image: 'runbook:image',
  replaces: 'runbook:replaces',
  state: 'runbook:state',
  todo: 'runbook:todo',
  hostKey: 'runbook:host-key',
  hold: 'runbook:hold',
  removing: 'runbook:removing',
  ready: 'runbook:ready',
  expires: 'runbook:expires',
  copiedFrom: 'runbook:copied-from',
} as const;
