/**
 * What each activity does to AWS and to machines. A new activity does not compile without a row, and
 * a row that says too little or too much fails.
 */
import type { Activities } from '../../src/activities';

/** `elsewhere`: what it changes is neither in AWS nor on a machine, and is safe for the reason given. */
type Row = 'changes' | 'looks' | { readonly elsewhere: string };

export const rows: Readonly<Record<keyof Activities, Row>> = {
  readSettings: 'looks',
  findHolder: 'looks',
  checkClaim: 'looks',
  preemptBackup: { elsewhere: 'asks a run by its run id to end; one that is closed stays closed' },
  notifyPeople: { elsewhere: 'people may be told twice, never not at all' },
  tellPeople: { elsewhere: 'people may be told twice, never not at all' },
  startRefresh: { elsewhere: 'Temporal starts one run of that id, and refuses a second beside it' },
  recordEnd: 'changes',
  leaveMachine: { elsewhere: 'moves nothing but the mark of the fence, which only closes' },

  findMachine: 'looks',
  readMachine: 'looks',
  markVolumes: 'changes',
  listRunningBuilds: 'looks',
  stopAppForImage: 'changes',
  createImage: 'changes',
  startAppAgain: 'changes',
  awaitImage: 'looks',
  verifyImage: 'changes',
  backUpObjects: 'changes',
  copyImage: 'changes',

  planPrune: 'looks',
  removeBackups: 'changes',

  planSpare: 'looks',
  launchSpare: 'changes',
  proveSilence: 'looks',
  restSpare: 'changes',
  retireSpares: 'changes',

  planDrill: 'looks',
  launchDrill: 'changes',
  tellVerdict: 'changes',
  endDrill: 'changes',

  planRestore: 'looks',
  lookAtOthers: 'looks',
  lookAgain: 'looks',
  replanLaunch: 'looks',
  launchInstance: 'changes',
  awaitInstance: 'looks',
  readAddresses: 'looks',
  moveElasticIp: 'changes',
  trustHostKey: 'looks',
  awaitMachine: 'changes',
  lookUpHostname: 'looks',
  checkDns: 'looks',
  stopApp: 'changes',
  fixHostname: 'changes',
  updateIpAddresses: 'changes',
  findStaleAddresses: 'looks',
  mendStaleAddresses: 'changes',
  wipeNomad: 'changes',
  restartReplicated: 'changes',
  compareMounts: 'looks',
  mountVolumes: 'changes',
  mountObjects: 'changes',
  restoreObjects: 'changes',
  restartApp: 'changes',
  verifyApp: 'looks',
  findUnendingBuilds: 'looks',
  deleteBuilds: 'changes',
};
