/** Images that somebody made in the EC2 console: nothing of ours is on them. */
import { CreateImageCommand, DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { eventually, type Stage } from './stage';
import { sourceId } from './world-checks';

/** What runbook.yaml must say where no record tells how to launch. */
export const launch = {
  instanceType: 'm5.2xlarge',
  subnet: 'subnet-0aaaaaaaaaaaaaaa1',
  securityGroups: ['sg-0123456789abcdef0'],
};

/** The console of somebody with credentials of their own. */
function consoleOf(on: Stage): EC2Client {
  const credentials = { accessKeyId: 'SOMEBODY', secretAccessKey: 'else' };
  return new EC2Client({ endpoint: on.lab.ec2Url, region: 'us-east-1', credentials });
}

/** As the EC2 console makes it: without a tag of ours. */
export async function imageByHand(on: Stage): Promise<string> {
  const ec2 = consoleOf(on);
  const order = { InstanceId: sourceId, Name: 'by hand' };
  const { ImageId = '' } = await ec2.send(new CreateImageCommand(order));
  await eventually('the image', 30, async () => {
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    return Images?.[0]?.State === 'available' ? true : undefined;
  });
  expect(on.lab.region.state.images[ImageId]?.tags).toEqual({});
  return ImageId;
}
