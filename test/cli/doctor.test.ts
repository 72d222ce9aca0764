import { ask, check } from '../../src/cli/doctor/check';
import { refuse, tryAgain } from '../../src/contract/failures';

const failure = (code: string) => refuse('AwsRefused', `AWS refused it: ${code}`, { code });
const answered = (code: string) => ask('ec2:Do', () => Promise.reject(failure(code)));

test('only a denial is a matter of the role', async () => {
  expect(await ask('ec2:Do', () => Promise.resolve(false))).toMatchObject({
    level: 'FAIL',
    what: 'ec2:Do is denied',
    todo: expect.stringContaining('add it to the role') as string,
  });
  expect(await ask('ec2:Do', () => Promise.resolve(true))).toMatchObject({ level: 'ok' });
});

test.each([
  'InvalidAMIID.NotFound',
  'InvalidAMIID.Unavailable',
  'InvalidAMIID.Malformed',
  'InvalidInstanceID.NotFound',
  'InvalidSnapshot.NotFound',
  'InvalidSnapshot.InUse',
  'IncorrectInstanceState',
  'OperationNotPermitted',
  'Resource.AlreadyAssociated',
])('%s leaves the question open', async (code) => {
  const found = await answered(code);
  expect(found).toMatchObject({ level: 'warn', todo: 'it says nothing of rights: ask again' });
  expect(found.what).toBe(`ec2:Do could not be asked: AWS refused it: ${code}`);
});

test.each([
  'InvalidSubnetID.NotFound',
  'InvalidGroup.NotFound',
  'InvalidKeyPair.NotFound',
  'InvalidParameterValue',
  'Unsupported',
  'InvalidAllocationID.NotFound',
])('%s is a matter of the configuration', async (code) => {
  const found = await answered(code);
  expect(found).toMatchObject({ level: 'FAIL' });
  expect(found.todo).toMatch(/configuration; it says nothing of rights$/);
});

test.each(['AuthFailure', 'ExpiredToken', 'RequestExpired'])(
  '%s is a matter of credentials, in a dry run and in a look',
  async (code) => {
    const renew = { level: 'FAIL', todo: 'renew the AWS credentials of this shell' };
    expect(await answered(code)).toMatchObject(renew);
    const look = check('images', 'add it', () => Promise.reject(failure(code)));
    expect(await look).toMatchObject(renew);
  },
);

test('an AWS that does not answer is nobody’s fault here', async () => {
  const slow = tryAgain('AwsUnavailable', 'slow down', { code: 'RequestLimitExceeded' });
  expect(await ask('ec2:Do', () => Promise.reject(slow))).toMatchObject({ level: 'warn' });
  const look = await check('images', 'add it to the role', () => Promise.reject(slow));
  expect(look).toMatchObject({ todo: 'nothing was learned: ask again when AWS answers' });
  const other = await check('images', 'add it to the role', () =>
    Promise.reject(failure('UnauthorizedOperation')),
  );
  expect(other).toMatchObject({ todo: 'add it to the role' });
});
