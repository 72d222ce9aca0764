/** All activities over one world, each with heartbeats and the memory of its attempts. */
import type { World } from '../world';
import { attempted } from './attempt';
import { backUpObjects } from './back-up-objects';
import { awaitImage } from './await-image';
import { awaitInstance } from './await-instance';
import { awaitMachine } from './await-machine';
import { checkDns, lookUpHostname } from './check-dns';
import { checkClaim, findHolder, preemptBackup } from './claim-holder';
import { compareMounts } from './compare-mounts';
import { copyImage } from './copy-image';
import { createImage } from './create-image';
import { endDrill, launchDrill, tellVerdict } from './drill-machine';
import { deleteBuilds } from './delete-builds';
import { findMachine } from './find-machine';
import { findStaleAddresses } from './find-stale-addresses';
import { findUnendingBuilds } from './find-unending-builds';
import { fixHostname } from './fix-hostname';
import { startAppAgain, stopAppForImage } from './image-consistency';
import { launchInstance } from './launch-instance';
import { listRunningBuilds } from './list-running-builds';
import { mendStaleAddresses } from './mend-stale-addresses';
import { markVolumes } from './mark-volumes';
import { mountObjects } from './mount-objects';
import { mountVolumes } from './mount-volumes';
import { moveElasticIp } from './move-elastic-ip';
import { leaveMachine } from './leave-machine';
import { launchSpare, proveSilence, restSpare, retireSpares } from './make-spare';
import { withoutLateEffects, type RequireCurrent } from './late';
import { lookAgain } from './look-again';
import { lookAtOthers } from './look-at-others';
import { notifyPeople, recordEnd } from './people';
import { planDrill } from './plan-drill';
import { planPrune } from './plan-prune';
import { planRestore } from './plan-restore';
import { planSpare } from './plan-spare';
import { readAddresses } from './read-addresses';
import { readMachine } from './read-machine';
import { readSettings } from './read-settings';
import { replanLaunch } from './replan-launch';
import { removeBackups } from './remove-backups';
import { restartApp } from './restart-app';
import { restartReplicated } from './restart-replicated';
import { restoreObjects } from './restore-objects';
import { startRefresh } from './start-refresh';
import { stopApp } from './stop-app';
import { tellPeople } from './tell-people';
import { trustHostKey } from './trust-host-key';
import { updateIpAddresses } from './update-ip-addresses';
import { verifyApp } from './verify-app';
import { verifyImage } from './verify-image';
import { wipeNomad } from './wipe-nomad';

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
