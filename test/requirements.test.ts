import { needs } from './requirements';

describe('needs', () => {
  let said: string[];
  beforeEach(() => {
    said = [];
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said.push(String(text));
      return true;
    });
    jest.replaceProperty(process, 'env', { ...process.env, REQUIRE_ALL: '' });
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is content with a command on PATH and with a path that can be run', () => {
    expect(needs('node', process.execPath)).toBe(true);
    expect(said).toEqual([]);
  });

  it('says which tests are skipped for lack of what', () => {
    expect(needs('node', 'no-such-command', '/no/such/path')).toBe(false);
    expect(said).toEqual([
      'skipped: test/requirements.test.ts, because no-such-command and /no/such/path are missing\n',
    ]);
  });

  it('fails instead where everything is required', () => {
    jest.replaceProperty(process, 'env', { ...process.env, REQUIRE_ALL: '1' });
    expect(() => needs('no-such-command')).toThrow('no-such-command is missing (REQUIRE_ALL=1');
  });
});
