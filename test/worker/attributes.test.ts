import { searchAttributeNames } from '../../src/contract/search-attributes';
import { requireSearchAttributes } from '../../src/worker/attributes';

const all = Object.fromEntries(searchAttributeNames.map((name) => [name, 2]));
const answering = (customAttributes: object) => ({
  operatorService: {
    listSearchAttributes: () => Promise.resolve({ customAttributes, systemAttributes: {} }),
  },
});
const failing = (code: number) => ({
  operatorService: {
    listSearchAttributes: () => Promise.reject(Object.assign(new Error(`code ${code}`), { code })),
  },
});

test('a namespace that has them all lets the worker start without a word', async () => {
  await expect(requireSearchAttributes(answering(all), 'ns')).resolves.toBeUndefined();
});

test('one that lacks some does not', async () => {
  await expect(requireSearchAttributes(answering({}), 'ns')).rejects.toThrow(
    'search-attribute create',
  );
});

test.each([7, 12])(
  'a login that may not ask (gRPC %i) starts, and says what it could not see',
  async (code) => {
    const said = await requireSearchAttributes(failing(code), 'ns');
    expect(said).toContain('could not be looked at');
    for (const name of searchAttributeNames) expect(said).toContain(name);
  },
);

test('a server that is gone is no such login', async () => {
  await expect(requireSearchAttributes(failing(14), 'ns')).rejects.toThrow('code 14');
});
