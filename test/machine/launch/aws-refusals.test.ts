import {
  isCapacityGone,
  isPassedOver,
  kindOfRefusal,
} from '../../../src/machine/launch/aws-refusals';

const ena =
  "Enhanced networking with the Elastic Network Adapter (ENA) is required for the 'm5.2xlarge' " +
  'instance type. Ensure that you are using an AMI that is enabled for ENA.';

describe('a launch that AWS refuses', () => {
  test.each([
    ['InsufficientInstanceCapacity', 'We currently do not have sufficient capacity', 'capacity'],
    ['InsufficientHostCapacity', '', 'capacity'],
    ['UnfulfillableCapacity', '', 'capacity'],
    ['Unsupported', 'The requested configuration is currently not supported.', 'type'],
    ['Unsupported', 'Your requested instance type (m4) is not supported in your zone', 'type'],
    ['InvalidInstanceType', '', 'type'],
    ['InvalidParameterValue', "Invalid value 'm4.huge' for InstanceType.", 'type'],
    ['InvalidParameterCombination', ena, 'type'],
    ['InvalidParameterValue', "The architecture 'arm64' of the specified instance type", 'type'],
    [
      'InvalidParameterValue',
      "The requested instance type's architecture (x86_64) does not match the architecture in the " +
        'manifest for ami-1 (arm64)',
      'type',
    ],
    ['InvalidParameterCombination', "does not support the boot mode 'uefi'", 'type'],
    [
      'InvalidParameterCombination',
      'Non-Windows instances with a virtualization type of hvm are currently not supported for this ' +
        'instance type.',
      'type',
    ],
    ['InsufficientFreeAddressesInSubnet', '', 'subnet'],
    ['InvalidSubnetID.NotFound', "The subnet ID 'subnet-1' does not exist", 'subnet'],
    ['InvalidSubnetID.Malformed', '', 'subnet'],
    [
      'InvalidParameter',
      'Security group sg-1 and subnet subnet-1 belong to different networks.',
      'subnet',
    ],
    ['InvalidKeyPair.NotFound', "The key pair 'services' does not exist", 'resource'],
    ['InvalidGroup.NotFound', '', 'resource'],
    ['InvalidGroupId.Malformed', '', 'resource'],
    ['InvalidAMIID.NotFound', '', 'resource'],
    ['InvalidAMIID.Unavailable', '', 'resource'],
    ['InvalidParameterValue', 'Value (s) for parameter iamInstanceProfile.name is', 'profile'],
    ['VcpuLimitExceeded', '', 'quota'],
    ['InstanceLimitExceeded', '', 'quota'],
    ['MaxIOPSLimitExceeded', '', 'quota'],
    ['OptInRequired', 'In order to use this AWS Marketplace product you need to accept', 'terms'],
    [
      'UnsupportedOperation',
      'The instance configuration for this AWS Marketplace product',
      'terms',
    ],
    ['PendingVerification', 'Your account is currently being verified.', 'account'],
    ['Blocked', '', 'account'],
    ['AuthFailure', 'AWS was not able to validate the provided access credentials', 'login'],
    ['AuthFailure', 'Not authorized for images: [ami-1]', 'rights'],
    ['ExpiredToken', '', 'login'],
    ['RequestExpired', '', 'login'],
    ['InvalidClientTokenId', '', 'login'],
    ['CredentialsProviderError', 'Could not load credentials from any providers', 'login'],
    ['UnauthorizedOperation', '', 'rights'],
    ['InvalidBlockDeviceMapping', '', 'volume'],
    ['EncryptedVolumesNotSupported', '', 'volume'],
    ['RequestLimitExceeded', '', 'busy'],
    ['NobodyHasSeenThis', 'a new thing', 'unknown'],
    ['InvalidParameterValue', 'something else', 'unknown'],
  ] as const)('with %s (%s) is a matter of %s', (code, said, kind) => {
    expect(kindOfRefusal({ action: 'RunInstances', code, said })).toBe(kind);
  });

  test('is tried with another type or subnet only where that may help', () => {
    const over = ['capacity', 'type', 'subnet'] as const;
    const stops = [
      ...(['busy', 'login', 'rights', 'terms', 'account', 'quota'] as const),
      ...(['resource', 'profile', 'volume', 'unknown'] as const),
    ];
    expect(over.filter(isPassedOver)).toEqual(over);
    expect(stops.filter(isPassedOver)).toEqual([]);
  });
});

test('what another call is refused for is not sorted as a launch', () => {
  const of = (action: string, code: string) => kindOfRefusal({ action, code, said: '' });
  expect(of('StartInstances', 'InsufficientInstanceCapacity')).toBe('busy');
  expect(of('DescribeImages', 'InvalidAMIID.NotFound')).toBe('unknown');
  expect(of('CreateImage', 'InvalidBlockDeviceMapping')).toBe('unknown');
  expect(of('DescribeImages', 'RequestExpired')).toBe('login');
});

test('a machine that is gone for want of capacity makes way for the next one', () => {
  expect(isCapacityGone('Server.InsufficientInstanceCapacity: There was insufficient …')).toBe(
    true,
  );
  expect(isCapacityGone('Client.InternalError: Client error on launch')).toBe(false);
});
