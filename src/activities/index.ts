/** All activities over one world, each with heartbeats and the memory of its attempts. */
import type { World } from '../world';
import { attempted } from './frame/attempt';
import { backUpObjects } from './object-storage/back-up-objects';
import { awaitImage } from './backing-up/await-image';
import { awaitInstance } from './launching/await-instance';
import { awaitMachine } from './launching/await-machine';
import { checkDns, lookUpHostname } from './restoring/check-dns';
import { checkClaim, findHolder, preemptBackup } from './every-run/claim-holder';
import { compareMounts } from './restoring/compare-mounts';
import { copyImage } from './backing-up/copy-image';
import { createImage } from './backing-up/create-image';
import { endDrill, launchDrill, tellVerdict } from './drill/drill-machine';
import { deleteBuilds } from './build-records/delete-builds';
import { findMachine } from './backing-up/find-machine';
import { findStaleAddresses } from './restoring/find-stale-addresses';
import { findUnendingBuilds } from './build-records/find-unending-builds';
import { fixHostname } from './restoring/fix-hostname';
import { startAppAgain, stopAppForImage } from './backing-up/image-consistency';
import { launchInstance } from './launching/launch-instance';
import { listRunningBuilds } from './build-records/list-running-builds';
import { mendStaleAddresses } from './restoring/mend-stale-addresses';
import { markVolumes } from './backing-up/mark-volumes';
import { mountObjects } from './object-storage/mount-objects';
import { mountVolumes } from './restoring/mount-volumes';
import { moveElasticIp } from './launching/move-elastic-ip';
import { leaveMachine } from './every-run/leave-machine';
import { launchSpare, proveSilence, restSpare, retireSpares } from './spare/make-spare';
import { withoutLateEffects, type RequireCurrent } from './frame/late';
import { lookAgain } from './launching/look-again';
import { lookAtOthers } from './launching/look-at-others';
import { notifyPeople, recordEnd } from './every-run/people';
import { planDrill } from './drill/plan-drill';
import { planPrune } from './pruning/plan-prune';
import { planRestore } from './launching/plan-restore';
import { planSpare } from './spare/plan-spare';
import { readAddresses } from './launching/read-addresses';
import { readMachine } from './backing-up/read-machine';
import { readSettings } from './every-run/read-settings';
import { replanLaunch } from './launching/replan-launch';
import { removeBackups } from './pruning/remove-backups';
import { restartApp } from './restoring/restart-app';
import { restartReplicated } from './restoring/restart-replicated';
import { restoreObjects } from './object-storage/restore-objects';
import { startRefresh } from './spare/start-refresh';
import { stopApp } from './restoring/stop-app';
import { tellPeople } from './every-run/tell-people';
import { trustHostKey } from './launching/trust-host-key';
import { updateIpAddresses } from './restoring/update-ip-addresses';
import { verifyApp } from './restoring/verify-app';
import { verifyImage } from './backing-up/verify-image';
import { wipeNomad } from './restoring/wipe-nomad';

/** Those of a restore and of cleaning up after it. */
const restoring = (world: World) => ({
  planRestore: attempted(planRestore(world)),
  lookAtOthers: attempted(lookAtOthers(world)),
  lookAgain: attempted(lookAgain(world)),
  readAddresses: attempted(readAddresses(world)),
  replanLaunch: attempted(replanLaunch(world)),
  launchInstance: attempted(launchInstance(world)),
  awaitInstance: attempted(awaitInstance(world)),
  moveElasticIp: attempted(moveElasticIp(world)),
  trustHostKey: attempted(trustHostKey(world)),
  awaitMachine: attempted(awaitMachine(world)),
  lookUpHostname: attempted(lookUpHostname(world)),
  checkDns: attempted(checkDns(world)),
  stopApp: attempted(stopApp(world)),
  fixHostname: attempted(fixHostname(world)),
  updateIpAddresses: attempted(updateIpAddresses(world)),
  findStaleAddresses: attempted(findStaleAddresses(world)),
  mendStaleAddresses: attempted(mendStaleAddresses(world)),
  wipeNomad: attempted(wipeNomad(world)),
  restartReplicated: attempted(restartReplicated(world)),
  compareMounts: attempted(compareMounts(world)),
  mountVolumes: attempted(mountVolumes(world)),
  mountObjects: attempted(mountObjects(world)),
  restoreObjects: attempted(restoreObjects(world)),
  restartApp: attempted(restartApp(world)),
  verifyApp: attempted(verifyApp(world)),
  findUnendingBuilds: attempted(findUnendingBuilds(world)),
  deleteBuilds: attempted(deleteBuilds(world)),
});

/** The activities as the worker registers them. */
export const createActivities = (world: World, required?: RequireCurrent) =>
  inWorld(withoutLateEffects(world, required));

const inWorld = (world: World) => ({
  readSettings: attempted(readSettings(world)),
  findHolder: attempted(findHolder()),
  checkClaim: attempted(checkClaim()),
  preemptBackup: attempted(preemptBackup()),
  notifyPeople: attempted(notifyPeople(world)),
  leaveMachine: attempted(leaveMachine(world)),
  recordEnd: attempted(recordEnd(world)),
  tellPeople: attempted(tellPeople(world)),

  findMachine: attempted(findMachine(world)),
  readMachine: attempted(readMachine(world)),
  markVolumes: attempted(markVolumes(world)),
  listRunningBuilds: attempted(listRunningBuilds(world)),
  stopAppForImage: attempted(stopAppForImage(world)),
  createImage: attempted(createImage(world)),
  startAppAgain: attempted(startAppAgain(world)),
  awaitImage: attempted(awaitImage(world)),
  verifyImage: attempted(verifyImage(world)),
  backUpObjects: attempted(backUpObjects(world)),
  copyImage: attempted(copyImage(world)),

  planPrune: attempted(planPrune(world)),
  removeBackups: attempted(removeBackups(world)),

  planSpare: attempted(planSpare(world)),
  launchSpare: attempted(launchSpare(world)),
  proveSilence: attempted(proveSilence(world)),
  restSpare: attempted(restSpare(world)),
  startRefresh: attempted(startRefresh()),
  retireSpares: attempted(retireSpares(world)),

  planDrill: attempted(planDrill(world)),
  launchDrill: attempted(launchDrill(world)),
  tellVerdict: attempted(tellVerdict(world)),
  endDrill: attempted(endDrill(world)),

  ...restoring(world),
});

export type Activities = ReturnType<typeof createActivities>;
