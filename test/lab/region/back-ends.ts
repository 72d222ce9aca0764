/** The EC2 back ends that the contract is asked of: the lab, and moto_server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import {
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  RegisterImageCommand,
  type EC2Client,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { seeded } from '../../../src/lab/region/seed';
import { clientOf, eventually, startFakeLab } from './fake-lab';

/** An EC2 endpoint with what a launch there needs. */
export interface Backend {
  readonly ec2: EC2Client;
  readonly place: Pick<
    RunInstancesCommandInput,
    'ImageId' | 'SubnetId' | 'SecurityGroupIds' | 'InstanceType'
  >;
  /** An address of the subnet that nobody has. */
  readonly PrivateIpAddress: string;
  stop(): Promise<void>;
}

export async function openLab(): Promise<Backend> {
  const timings = { visible: 0, run: 10, stop: 10, terminate: 10, image: 600 };
  const lab = await startFakeLab({ speed: 500, timings });
  const ec2 = clientOf(lab.ec2Url);
  return {
    ec2,
    place: {
      ImageId: seeded.baseImage,
      SubnetId: seeded.subnets[0],
      SecurityGroupIds: [seeded.servicesGroup],
      InstanceType: 'm5.2xlarge',
    },
    PrivateIpAddress: '10.0.1.77',
    async stop() {
      ec2.destroy();
      await lab.stop();
    },
  };
}

/** Where moto_server is on PATH, if it is. */
export function motoPath(): string | undefined {
  const candidates = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((dir) => join(dir, 'moto_server'));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export async function openMoto(path: string | undefined): Promise<Backend> {
  if (path === undefined) {
    throw new Error('moto_server is not on PATH: pip install "moto[ec2,server]"');
  }
  const port = await freePort();
  const server = spawn(path, ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, MOTO_EC2_LOAD_DEFAULT_AMIS: 'false' },
  });
  const ec2 = clientOf(`http://127.0.0.1:${String(port)}`);
  const stop = async (): Promise<void> => {
    ec2.destroy();
    if (server.exitCode === null && server.kill()) {
      await once(server, 'exit');
    }
  };
  try {
    await eventually(async () => {
      await ec2.send(new DescribeSubnetsCommand({}));
    }, 60);
    const { Subnets: [subnet] = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const { SecurityGroups: [group] = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
    const { ImageId } = await ec2.send(
      new RegisterImageCommand({ Name: 'base', RootDeviceName: '/dev/sda1' }),
    );
    return {
      ec2,
      place: {
        ImageId,
        SubnetId: subnet?.SubnetId,
        SecurityGroupIds: [group?.GroupId ?? ''],
        InstanceType: 'm5.2xlarge',
      },
      PrivateIpAddress: (subnet?.CidrBlock ?? '').replace(/\.0\/\d+$/, '.77'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
