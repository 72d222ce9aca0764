/** The journals of restores, as `storyOf` tells them: what each way has in common stands here once. */

/** Until the machine answers. */
const beginning = [
  'Ask an open backup to make way — not needed',
  'Plan the restore — done',
  'Confirm where the databases are — not needed',
  'Fence the old machine — not needed',
  'Approve the launch — approved',
  'Approve moving the Elastic IP — not needed',
  '1. Launch an instance from the image — done',
  'Wait for its status checks — done',
  'Move the Elastic IP — not needed',
  'Look at the host key — done',
  'Confirm the host key — not needed',
  'Wait for the machine to answer — done',
  'Confirm the old addresses — not needed',
];

const mounts = [
  'Compare the mounts — done',
  'Mount the missing volumes — not needed',
  'Mount the volumes — not needed',
];

/** From instruction 4 until Replicated runs. */
const addresses = [
  '4. Update the IP addresses — done',
  'Look for stale addresses — done',
  'Approve mending stale addresses — not needed',
  'Mend stale addresses — not needed',
  '5. Remove /opt/nomad — done',
  'Restart Replicated on its new addresses — done',
];

const end = [
  'Verify the app — done',
  'Approve deleting the build records — not needed',
  'Delete abnormal build records — not needed',
  'End: done — done',
];

/** Instructions 2 to 6 of a silent machine whose hostname stays. */
const silent = [
  '2. Stop the app — not needed',
  ...mounts,
  'Change the DNS record — approved',
  'Check that the hostname resolves — done',
  '3. Fix the hostname — not needed',
  '3. Change the GitHub OAuth application — not needed',
  ...addresses,
  '3. Fix the hostname — done',
  '6. Restart the app — done',
];

/** A restore of the usual kind: the machine is silent, its hostname stays. */
export const usualRestore = [...beginning, ...silent, ...end];

/** Instructions 2 to 6 of a silent machine whose hostname changes, with the DNS record in place. */
export const otherHostname = [
  '2. Stop the app — not needed',
  ...mounts,
  'Change the DNS record — not needed',
  'Check that the hostname resolves — done',
  '3. Fix the hostname — later',
  '3. Change the GitHub OAuth application — later',
  ...addresses,
  '2. Stop the app — done',
  '3. Fix the hostname — done',
  '3. Change the GitHub OAuth application — approved',
  '6. Restart the app — done',
];

/** Instructions 2 to 6 where the machine is not silent: the order of the document. */
export const documentsOrder = [
  '2. Stop the app — done',
  ...mounts,
  'Change the DNS record — approved',
  'Check that the hostname resolves — done',
  '3. Fix the hostname — not needed',
  '3. Change the GitHub OAuth application — not needed',
  ...addresses,
  '6. Restart the app — done',
];
