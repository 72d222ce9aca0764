import { CliError, messageOf, statusOf } from '../../src/cli/exit-status';

function named(name: string, cause?: unknown): Error {
  return Object.assign(new Error('told', { cause }), { name });
}

describe('the exit status', () => {
  it.each([
    [new CliError('Failed', ''), 1],
    [new CliError('WrongUsage', ''), 2],
    [named('CommanderError'), 2],
    [new CliError('WaitsForPerson', ''), 3],
    [new CliError('Unreachable', ''), 4],
    [named('ServiceError', { code: 14 }), 4],
    [named('ServiceError', { code: 3 }), 1],
    [named('ConfigError'), 1],
    ['thrown text', 1],
  ])('of %p is %i', (error, status) => {
    expect(statusOf(error)).toBe(status);
  });
});

describe('the message', () => {
  it('ends with the cause that Temporal wraps', () => {
    const refusal = new Error('gate g-7 is not open; open is g-1');
    expect(messageOf(new Error('Workflow Update failed', { cause: refusal }))).toBe(
      'Workflow Update failed: gate g-7 is not open; open is g-1',
    );
  });

  it('does not repeat a cause that is told already', () => {
    expect(messageOf(new Error('no: told', { cause: new Error('told') }))).toBe('no: told');
  });
});
