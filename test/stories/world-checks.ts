/** What must hold in the world after a run, whatever the run says of itself. */
import type { SimulatedMachine } from '../../src/lab/shapes';
import type { Stage } from './stage';

/** The live Services machine of a new lab. */
export const sourceId = 'i-0123456789abcdef0';

export function machineOf(stage: Stage, id: string | undefined): SimulatedMachine {
  const machine = stage.lab.region.machines.get(id ?? '');
  if (machine === undefined) throw new Error(`there is no machine ${String(id)}`);
  return machine;
}

/** Ids of the living machines that restores of this lab have made. */
export function madeByRestores(stage: Stage): string[] {
  return Object.values(stage.lab.region.state.instances)
    .filter(({ tags, state }) => tags['runbook:kind'] === 'restore' && state !== 'terminated')
    .map(({ id }) => id);
}

/** The one machine that restores have made; its app is up on its own address. */
export function restoredMachine(stage: Stage): SimulatedMachine {
  const [id, ...others] = madeByRestores(stage);
  expect(others).toEqual([]);
  const machine = machineOf(stage, id);
  expect(machine.inspect()).toMatchObject({ app: { state: 'started', transitioning: false } });
  expect(stage.lab.region.state.instances[machine.instanceId]?.tags).toMatchObject({
    'runbook:state': 'restored',
    'runbook:todo': 'nothing',
  });
  return machine;
}
