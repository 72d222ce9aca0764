import * as sdk from '@aws-sdk/client-ec2';
import { reads, writes } from '../../../src/lab/region/actions';
import { seeded } from '../../../src/lab/region/seed';
import { inFakeLab } from './fake-lab';
import { codeOf } from './refusal';

const InstanceId = seeded.servicesMachine;
const AllocationId = seeded.elasticIp;
const one = { InstanceIds: [InstanceId] };
const tags = { Resources: [InstanceId], Tags: [{ Key: 'k', Value: 'v' }] };
const dry = { DryRun: true } as const;

test('changes nothing in a dry run, whatever the action', () =>
  inFakeLab(
    async ({ ec2, lab }) => {
      const { ImageId = '' } = await ec2.send(
        new sdk.CreateImageCommand({ InstanceId, Name: 'old' }),
      );
      const { ImageId: gone = '' } = await ec2.send(
        new sdk.CreateImageCommand({ InstanceId, Name: 'gone', NoReboot: true }),
      );
      const SnapshotId = lab.region.state.images[gone]?.snapshotId;
      await ec2.send(new sdk.DeregisterImageCommand({ ImageId: gone }));
      const { AssociationId } = await ec2.send(
        new sdk.AssociateAddressCommand({ InstanceId, AllocationId }),
      );
      const { AllocationId: free } = await ec2.send(new sdk.AllocateAddressCommand({}));

      const calls: Record<string, () => Promise<unknown>> = {
        AllocateAddress: () => ec2.send(new sdk.AllocateAddressCommand(dry)),
        AssociateAddress: () =>
          ec2.send(new sdk.AssociateAddressCommand({ ...dry, InstanceId, AllocationId: free })),
        CopyImage: () =>
          ec2.send(
            new sdk.CopyImageCommand({
              ...dry,
              SourceImageId: ImageId,
              SourceRegion: 'us-east-1',
              Name: 'copy',
            }),
          ),
        CreateImage: () =>
          ec2.send(new sdk.CreateImageCommand({ ...dry, InstanceId, Name: 'new' })),
        CreateTags: () => ec2.send(new sdk.CreateTagsCommand({ ...dry, ...tags })),
        DeleteSnapshot: () => ec2.send(new sdk.DeleteSnapshotCommand({ ...dry, SnapshotId })),
        DeleteTags: () => ec2.send(new sdk.DeleteTagsCommand({ ...dry, ...tags })),
        DeregisterImage: () => ec2.send(new sdk.DeregisterImageCommand({ ...dry, ImageId })),
        DisableImageDeregistrationProtection: () =>
          ec2.send(new sdk.DisableImageDeregistrationProtectionCommand({ ...dry, ImageId })),
        DisassociateAddress: () =>
          ec2.send(new sdk.DisassociateAddressCommand({ ...dry, AssociationId })),
        EnableImageDeregistrationProtection: () =>
          ec2.send(new sdk.EnableImageDeregistrationProtectionCommand({ ...dry, ImageId })),
        ModifyInstanceAttribute: () =>
          ec2.send(
            new sdk.ModifyInstanceAttributeCommand({
              ...dry,
              InstanceId,
              DisableApiTermination: { Value: true },
            }),
          ),
        RebootInstances: () => ec2.send(new sdk.RebootInstancesCommand({ ...dry, ...one })),
        ReleaseAddress: () =>
          ec2.send(new sdk.ReleaseAddressCommand({ ...dry, AllocationId: free })),
        RunInstances: () =>
          ec2.send(
            new sdk.RunInstancesCommand({
              ...dry,
              ImageId: seeded.baseImage,
              MinCount: 1,
              MaxCount: 1,
            }),
          ),
        StartInstances: () => ec2.send(new sdk.StartInstancesCommand({ ...dry, ...one })),
        StopInstances: () => ec2.send(new sdk.StopInstancesCommand({ ...dry, ...one })),
        TerminateInstances: () => ec2.send(new sdk.TerminateInstancesCommand({ ...dry, ...one })),
      };
      expect(Object.keys(calls)).toEqual([...writes.keys()]);

      const before = JSON.stringify(lab.region.state);
      for (const [action, call] of Object.entries(calls)) {
        expect([action, await codeOf(call())]).toEqual([action, 'DryRunOperation']);
      }
      expect(JSON.stringify(lab.region.state)).toBe(before);
    },
    { speed: 1, timings: { visible: 0, image: 0 } },
  ));

test('answers a dry run of each reading action without reading', () =>
  inFakeLab(async ({ lab }) => {
    for (const Action of reads.keys()) {
      const reply = await fetch(lab.ec2Url, {
        method: 'POST',
        headers: {
          authorization: 'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/ec2/aws4_request',
        },
        body: new URLSearchParams({ Action, DryRun: 'true' }),
      });
      expect([Action, reply.status]).toEqual([Action, 412]);
    }
  }));

test.each([
  ['no signature', {}],
  [
    'another region',
    { authorization: 'AWS4-HMAC-SHA256 Credential=k/20260101/eu-west-1/ec2/aws4_request' },
  ],
])('takes no call with %s', (_, headers) =>
  inFakeLab(async ({ lab }) => {
    const body = new URLSearchParams({ Action: 'DescribeInstances' });
    const reply = await fetch(lab.ec2Url, { method: 'POST', headers, body });
    expect(reply.status).toBe(401);
    expect(await reply.text()).toContain('<Code>AuthFailure</Code>');
  }),
);
