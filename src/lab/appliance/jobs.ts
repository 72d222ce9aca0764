/** `initctl` and `service` of machines without systemd: Upstart of two ages, and SysV scripts. */
import type { Machine } from '../machine/machine';
import { systems } from '../machine/systems';
import { unitNames, type UnitName } from '../machine/units';
import type { ApplianceCommand, CommandOutput } from '../shapes';
import { failed, modelOf, printed } from './model';

/** `initctl VERB JOB`. */
export const initctl: ApplianceCommand = (machine, { args }) => {
  const model = modelOf(machine);
  const [verb = '', job = ''] = args;
  if (verb === 'version' || verb === '--version') {
    const isOld = systems[model.state.durable.system].isOldUpstart === true;
    return printed(`init (upstart ${isOld ? '0.6.5' : '1.12.1'})\n`);
  }
  const name = unitNames.find((unit) => unit === job);
  return name === undefined
    ? failed(`initctl: Unknown job: ${job}\n`)
    : onJob(model, { verb, name, speaker: 'initctl' });
};

/** `service UNIT VERB` where systemd is not. */
export function serviceWithoutSystemd(model: Machine, unit: string, verb: string): CommandOutput {
  const { init, system } = model.state.durable;
  const name = unitNames.find((one) => one === unit);
  // The `service` of CentOS 6 looks into /etc/init.d, where no job of Upstart is.
  if (name === undefined || systems[system].isOldUpstart === true) {
    return failed(`${unit}: unrecognized service\n`);
  }
  return init === 'sysv'
    ? onScript(model, verb, name)
    : onJob(model, { verb, name, speaker: verb });
}

interface JobCall {
  readonly verb: string;
  readonly name: UnitName;
  /** Whose name stands before a complaint. */
  readonly speaker: string;
}

function onJob(model: Machine, { verb, name, speaker }: JobCall): CommandOutput {
  const isRunning = model.units.isActive(name);
  const running = `${name} start/running, process 1234\n`;
  switch (verb) {
    case 'status':
      return printed(isRunning ? running : `${name} stop/waiting\n`);
    case 'stop':
      return model.units.stop(name)
        ? printed(`${name} stop/waiting\n`)
        : failed(`${speaker}: Unknown instance: \n`);
    case 'start':
      if (isRunning) {
        return failed(`${speaker}: Job is already running: ${name}\n`);
      }
      return model.units.start(name) === undefined
        ? printed(running)
        : failed(`${speaker}: Job failed to start\n`);
    case 'restart':
      // Upstart's restart keeps the job's old settings and knows no stopped job.
      return isRunning ? printed(running) : failed(`${speaker}: Unknown instance: \n`);
    default:
      return failed(`Usage: service ${name} start|stop|restart|status\n`, 2);
  }
}

/** The installer's script: it starts a container and leaves it to Docker. */
function onScript(model: Machine, verb: string, name: UnitName): CommandOutput {
  const isRunning = model.units.isActive(name);
  switch (verb) {
    case 'status':
      return isRunning
        ? printed(`${name} (pid 1234) is running...\n`)
        : { stdout: `${name} is stopped\n`, stderr: '', exitCode: 3 };
    case 'stop':
      return model.units.stop(name)
        ? printed(`Shutting down ${name} service: ${name}\n`)
        : {
            stdout: `Shutting down ${name} service: `,
            stderr: `Error response from daemon: No such container: ${name}\n`,
            exitCode: 1,
          };
    case 'start':
    case 'restart':
      model.units.stop(name);
      return model.units.start(name) === undefined
        ? printed(`Starting ${name} service: 5d0f7a1b9c3e\n`)
        : failed(`docker: Error response from daemon: cannot start ${name}\n`, 125);
    default:
      return failed(`Usage: ${name} {start|stop|status|reload|restart}\n`);
  }
}
