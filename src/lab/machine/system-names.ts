/** The names of the systems that a Services machine of the lab can run. */

/** Every system by its name. */
export const systemNames = [
  'ubuntu1604',
  'ubuntu1404',
  'debian7',
  'centos7',
  'centos6',
  'amazon2',
  'amazon1',
] as const;
export type SystemName = (typeof systemNames)[number];
