import { faultOf } from '../../src/contract/temporal-faults';

const asked = { address: 'localhost:7233', namespace: 'prod' };
const grpc = (code: number, message: string): Error => Object.assign(new Error(message), { code });

describe('what Temporal answers', () => {
  it.each([
    [
      grpc(5, '5 NOT_FOUND: Namespace prod is not found.'),
      false,
      /no namespace "prod".*create --namespace prod$/,
    ],
    [
      grpc(7, '7 PERMISSION_DENIED: Request unauthorized.'),
      false,
      /does not permit it.*unauthorized/,
    ],
    [grpc(16, '16 UNAUTHENTICATED: no key'), false, /does not know this login/],
    [grpc(14, '14 UNAVAILABLE: down'), true, /does not answer/],
    [grpc(4, '4 DEADLINE_EXCEEDED'), true, /does not answer/],
  ])('is told by its cause: %s', (error, passes, text) => {
    expect(faultOf(error, asked)).toMatchObject({
      passes,
      text: expect.stringMatching(text) as string,
    });
  });

  it('is told in the same words where the client has its own name for it', () => {
    const unknown = Object.assign(new Error("Namespace not found: 'prod'"), {
      name: 'NamespaceNotFoundError',
    });
    expect(faultOf(unknown, asked)?.text).toMatch(/no namespace "prod"/);
  });

  it('is found in what wraps it', () => {
    const wrapped = new Error('Failed to query', { cause: grpc(7, 'no') });
    expect(faultOf(wrapped, asked)?.passes).toBe(false);
  });

  it.each([
    ['a run that is not there', grpc(5, '5 NOT_FOUND: workflow not found for ID: x')],
    ['another error', new Error('x')],
    ['none at all', undefined],
  ])('is left alone where it is %s', (_what, error) => {
    expect(faultOf(error, asked)).toBeUndefined();
  });

  it('that holds itself does not hold up anybody', () => {
    const ring: { cause?: unknown } = {};
    ring.cause = ring;
    expect(faultOf(ring, asked)).toBeUndefined();
  });
});
