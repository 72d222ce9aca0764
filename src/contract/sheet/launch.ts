/** The part of a restore by hand that is done on one's own computer, with the AWS CLI. */
import { choiceText } from '../../machine/launch/launch-settings';
import { tagNames } from '../../machine/backups/tags';
import { onLines, word } from './by-hand';
import type { Login, SheetFacts } from './facts';
import type { Action, Step } from './page';

/** Before anything is changed. */
export function beforehand({ installation, region, record, image }: SheetFacts): Step {
  const old = word(record.sourceInstanceId);
  return {
    title: 'Before you begin',
    actions: [
      {
        say:
          'On your own computer, with the AWS CLI and credentials of this account: see the newest ' +
          `backups. If there is one after ${image.id}, use its id below.`,
        run: onLines(
          'aws ec2 describe-images',
          `--region ${word(region)} --owners self`,
          `--filters ${word(`Name=tag:${tagNames.installation},Values=${installation}`)}`,
          `  ${word(`Name=tag:${tagNames.kind},Values=backup`)}`,
          "--query 'sort_by(Images,&CreationDate)[-5:].[ImageId,CreationDate,State]'",
          '--output table',
        ),
      },
      {
        say: 'See whether the old machine still runs. Two machines of one identity harm each other.',
        run: onLines(
          'aws ec2 describe-instances',
          `--region ${word(region)} --instance-ids ${old}`,
          "--query 'Reservations[].Instances[].State.Name' --output text",
        ),
      },
      {
        say:
          'Only if it runs and you are sure that it is the broken one: stop it. It can be started ' +
          'again; do not terminate it.',
        run: `aws ec2 stop-instances --region ${word(region)} --instance-ids ${old}`,
      },
    ],
  };
}

/** Instruction 1, up to a root shell on the new machine. */
export function launching(facts: SheetFacts): Step {
  const place = `--region ${word(facts.region)}`;
  const newInstance = '--instance-ids "$NEW_INSTANCE"';
  return {
    title: '1. Launch an instance from the image',
    actions: [
      {
        say:
          'Launch exactly one. If the answer does not come, look with the next command ' +
          'before you run this one again.',
        run: runInstances(facts),
      },
      ...insteadOf(facts),
      {
        say: 'Write down its id. If it is lost, this finds it again; then type NEW_INSTANCE=its id.',
        run: onLines(
          `aws ec2 describe-instances ${place}`,
          `--filters ${word(`Name=image-id,Values=${facts.image.id}`)}`,
          "--query 'Reservations[].Instances[].[InstanceId,State.Name,LaunchTime]' --output table",
        ),
      },
      {
        say: 'Wait for its status checks; some minutes.',
        run: `aws ec2 wait instance-status-ok ${place} ${newInstance}`,
      },
      ...moveElasticIp(facts),
      {
        say: 'Read its two addresses, and write them down: the private one, then the public one.',
        run: onLines(
          `aws ec2 describe-instances ${place} ${newInstance}`,
          "--query 'Reservations[0].Instances[0].[PrivateIpAddress,PublicIpAddress]' --output text",
        ),
      },
      ...logIn(facts),
    ],
  };
}

/** For a launch that AWS refuses: only then, since each is another machine. */
function insteadOf({ alternatives = [] }: SheetFacts): Action[] {
  if (alternatives.length === 0) return [];
  return [
    {
      say:
        'Only if AWS refused it, and the next command shows no machine: the same with the next of ' +
        `these in the place of --instance-type and --subnet-id: ${alternatives.map(choiceText).join(', then ')}.`,
    },
  ];
}

/** The launch that a restore would make, but for the tags by which it knows its own machine. */
function runInstances({ installation, region, image, launch, foundBy }: SheetFacts): string {
  const tags = Object.entries({ Name: `${installation}_services`, ...foundBy });
  const specification = [
    { ResourceType: 'instance', Tags: tags.map(([Key, Value]) => ({ Key, Value })) },
  ];
  const metadata = [
    'HttpEndpoint=enabled',
    `HttpTokens=${launch.httpTokens}`,
    `HttpPutResponseHopLimit=${String(launch.httpPutResponseHopLimit)}`,
  ].join(',');
  const profile = launch.instanceProfile;
  const options = [
    `--region ${word(region)}`,
    `--image-id ${word(image.id)}`,
    `--count 1`,
    `--instance-type ${word(launch.instanceType)}`,
    `--subnet-id ${word(launch.subnetId)}`,
    `--security-group-ids ${launch.securityGroupIds.map(word).join(' ')}`,
    launch.keyPair === undefined ? '' : `--key-name ${word(launch.keyPair)}`,
    profile === undefined
      ? ''
      : `--iam-instance-profile ${profile.startsWith('arn:') ? 'Arn' : 'Name'}=${word(profile)}`,
    `--metadata-options ${metadata}`,
    launch.terminationProtection ? '--disable-api-termination' : '',
    '--instance-initiated-shutdown-behavior stop',
    `--tag-specifications ${word(JSON.stringify(specification))}`,
    "--query 'Instances[0].InstanceId' --output text",
  ].filter((option) => option !== '');
  return `NEW_INSTANCE=$(${onLines('aws ec2 run-instances', ...options)})\necho "$NEW_INSTANCE"`;
}

function moveElasticIp({ region, elasticIp }: SheetFacts): Action[] {
  if (elasticIp === undefined) return [];
  return [
    {
      say:
        'Move the Elastic IP to it, before you read its addresses. From now on users reach the ' +
        'new machine.',
      run: onLines(
        `aws ec2 associate-address --region ${word(region)}`,
        `--allocation-id ${word(elasticIp)} --instance-id "$NEW_INSTANCE" --allow-reassociation`,
      ),
    },
  ];
}

function logIn({ region, login, launch }: SheetFacts): Action[] {
  const { user, port, address, bastion } = login;
  const variable = address === 'private' ? 'NEW_PRIVATE' : 'NEW_PUBLIC';
  const query = address === 'private' ? 'PrivateIpAddress' : 'PublicIpAddress';
  const options = [
    'ssh',
    port === 22 ? '' : `-p ${String(port)}`,
    bastion === undefined ? '' : `-J ${word(accountOf(bastion))}`,
    `${word(user)}@"$${variable}"`,
  ].filter((option) => option !== '');
  const key = launch.keyPair === undefined ? '' : ` (key pair ${launch.keyPair}, or another one)`;
  return [
    {
      say:
        'Read the fingerprints of its host keys from its console. Where it prints none, it kept ' +
        'the keys that this sheet lists. The console may take some minutes.',
      run: onLines(
        `aws ec2 get-console-output --region ${word(region)}`,
        '--instance-id "$NEW_INSTANCE" --output text',
      ),
    },
    {
      say:
        `Log in with a private key that the old machine took${key}. Say yes to the host key only ` +
        'if its fingerprint is one of those.',
      run: [
        `${variable}=$(${onLines(
          `aws ec2 describe-instances --region ${word(region)} --instance-ids "$NEW_INSTANCE"`,
          `--query 'Reservations[0].Instances[0].${query}' --output text`,
        )})`,
        options.join(' '),
      ].join('\n'),
    },
  ];
}

function accountOf({ user, host, port }: Login): string {
  return `${user}@${host}${port === 22 ? '' : `:${String(port)}`}`;
}
