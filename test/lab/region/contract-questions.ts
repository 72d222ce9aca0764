/** What the contract's questions have in common. */
import * as sdk from '@aws-sdk/client-ec2';
import type { Backend } from './back-ends';
import { eventually } from './fake-lab';

/** One question about EC2. */
export interface Case {
  readonly says: string;
  /** What AWS answers. */
  readonly aws: unknown;
  readonly ask: (backend: Backend) => Promise<unknown>;
}

let names = 0;
export function newName(): string {
  names += 1;
  return `contract ${String(names)}`;
}

export function launch({ place }: Backend, changes: Partial<sdk.RunInstancesCommandInput> = {}) {
  return new sdk.RunInstancesCommand({ ...place, MinCount: 1, MaxCount: 1, ...changes });
}

export async function look({ ec2 }: Backend, id: string): Promise<sdk.Instance> {
  const reply = await ec2.send(new sdk.DescribeInstancesCommand({ InstanceIds: [id] }));
  return reply.Reservations?.[0]?.Instances?.[0] ?? {};
}

export function until(backend: Backend, id: string, state: string): Promise<void> {
  return eventually(async () => {
    expect((await look(backend, id)).State?.Name).toBe(state);
  });
}

export async function running(
  backend: Backend,
  changes?: Partial<sdk.RunInstancesCommandInput>,
): Promise<string> {
  const reply = await backend.ec2.send(launch(backend, changes));
  const id = reply.Instances?.[0]?.InstanceId ?? '';
  await until(backend, id, 'running');
  return id;
}

export async function imageOf(
  backend: Backend,
  changes: Partial<sdk.CreateImageCommandInput> = {},
): Promise<string> {
  const request = {
    InstanceId: await running(backend),
    Name: newName(),
    NoReboot: true,
    ...changes,
  };
  return (await backend.ec2.send(new sdk.CreateImageCommand(request))).ImageId ?? '';
}

export async function describeImage({ ec2 }: Backend, id: string): Promise<sdk.Image> {
  return (await ec2.send(new sdk.DescribeImagesCommand({ ImageIds: [id] }))).Images?.[0] ?? {};
}

export async function snapshotsOf(backend: Backend, imageId: string): Promise<sdk.Snapshot[]> {
  const filter = { Name: 'description', Values: [`*for ${imageId}*`] };
  const request = new sdk.DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters: [filter] });
  return (await backend.ec2.send(request)).Snapshots ?? [];
}
