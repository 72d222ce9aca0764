/**
 * What callers rely on in EC2, asked over the wire. Runs against the lab, and against moto_server
 * where it is installed: what moto does otherwise than AWS is written down in `deviations` and
 * asserted, so that the lab cannot drift into fantasy and a mended moto is noticed.
 */
import { openLab, openMoto, motoPath, type Backend } from './back-ends';
import { imageCases } from './contract-images';
import { instanceCases, launchCases } from './contract-instances';

const cases = [...imageCases, ...launchCases, ...instanceCases];

/** What moto_server does otherwise than AWS. */
const deviations: Readonly<Record<string, unknown>> = {
  'keeps a second image from taking a name': 'accepted',
  'makes an image over time': 'available',
  'tags image and snapshots as they are made': 'no answer',
  'deletes the snapshots with the image when asked to': 1,
  'launches no image that was deregistered': 'accepted',
  'launches one instance for one client token': false,
  'refuses a client token with other parameters': 'accepted',
  'protects an instance from its launch on': 'accepted',
  'gives the private address that was asked for, and gives it once': [true, 'no answer'],
  'calls an id that is none malformed': 'InvalidInstanceID.NotFound',
  'holds 50 tags, no value over 256 characters, and none of its own': [
    'TagLimitExceeded',
    'accepted',
    'accepted',
  ],
};

test('every deviation belongs to a question', () => {
  const questions = cases.map(({ says }) => says);
  expect(questions).toEqual(expect.arrayContaining(Object.keys(deviations)));
});

describe('the lab, as AWS', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await openLab();
  });
  afterAll(() => backend.stop());

  test.each(cases)('$says', async ({ ask, aws }) => {
    expect(await ask(backend)).toEqual(aws);
  });
});

describe('moto_server, as AWS but for its known deviations', () => {
  const moto = motoPath();
  if (moto === undefined && process.env['REQUIRE_ALL'] !== '1') {
    test.skip('skipped: there is no moto_server on PATH (pip install "moto[ec2,server]")', () =>
      undefined);
    return;
  }
  let backend: Backend;
  beforeAll(async () => {
    backend = await openMoto(moto);
  });
  afterAll(() => backend.stop());

  test.each(cases)('$says', async ({ says, ask, aws }) => {
    expect(await ask(backend)).toEqual(Object.hasOwn(deviations, says) ? deviations[says] : aws);
  });
});
