/** `drill` of an installation in runbook.yaml: restores that are made only to prove a backup. */
import { z } from 'zod';
import { hostname, instanceTypes, mayReach, subnets } from './places';
import { schedule, seconds } from './times';
import { awsRegion } from '../contract/requests';

const minute = 60;
const day = 86_400;

export const drill = z.strictObject({
  /** The installation's own, or one that has copies; absent: its own. */
  region: awsRegion.optional(),
  /** Absent: where the source was. */
  subnet: subnets.optional(),
  /** Lets the worker or its bastion in by SSH, and nothing out. */
  quarantineSecurityGroup: z.string().min(1),
  /** Networks that this group may let packets out to, as CIDR; any other is refused. */
  mayReach,
  instanceType: instanceTypes.optional(),
  /** Absent: none, so that the copy has no rights of the live machine. */
  instanceProfile: z.string().min(1).optional(),
  /** A test hostname, which the machine must be able to look up; absent: its own address. */
  hostname: hostname.optional(),
  /** What people are asked in a drill that somebody watches. */
  ask: z.array(z.enum(['oauth', 'login'])).default([]),
  /** How long its machine may live; then it ends itself. */
  ttl: seconds('6 hours').refine((long) => long >= 10 * minute && long <= 3 * day, {
    message: 'is between 10 minutes and 3 days',
  }),
  schedule: schedule.optional(),
});
