/**
 * The outside world as activities see it. `ec2.ts` is the only importer of the AWS SDK, `ssh.ts`
 * of ssh2, `notify` and `circleci-api.ts` talk HTTP, `reports.ts` writes files.
 */
import type { Config, Installation } from '../config';
import type { Report } from '../contract/reports';
import type { RunningBuilds } from '../machine/app/running-builds';
import type { Ec2 } from './ec2';
import type { Receivers } from './notify/receiver';
import type { Ssh } from './ssh';

export interface World {
  /**
   * The configured installation, in its own region or in another one that has copies. Refuses an
   * unknown name, or a region without copies, and says which there are.
   */
  installation(name: string, region?: string): Installation;
  /** The same as runbook.yaml says it now; refuses a file that has mistakes. */
  installationAnew(name: string, region?: string): Installation;
  /** The EC2 API of a region. */
  ec2(region: string): Ec2;
  readonly ssh: Ssh;
  /** The pin of a public key line: `ssh-ed25519 SHA256:…`. */
  readonly fingerprint: (publicKey: string) => string;
  /** The builds that claim to run, as CircleCI's own API lists them. */
  runningBuilds(installation: Installation): Promise<RunningBuilds>;
  /** Whom people's messages go to. */
  readonly receivers: Receivers;
  /** When gates are told again, and how long an end is told that nobody takes. */
  readonly telling: Pick<Config['notify'], 'reminders' | 'keepTrying'>;
  /** Writes the report as Markdown and JSON; returns the path of the Markdown file. */
  saveReport(report: Report): Promise<string>;
  /** Writes the sheet of an installation beside the reports; returns the path of its Markdown. */
  saveSheet(installation: string): Promise<string>;
  /** The newest report of that workflow id, as JSON; undefined when none is kept here. */
  findReport(workflowId: string): Promise<string | undefined>;
}
