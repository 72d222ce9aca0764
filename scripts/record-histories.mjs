/**
 * Records one history of each workflow into test/histories, played on the lab by the built worker.
 *
 *   node scripts/setup.mjs && node scripts/record-histories.mjs
 *
 * A release that changes a workflow so that these no longer replay would strand the runs that are
 * open while it is deployed: use patched() there, and record anew what is played differently.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const require = createRequire(import.meta.url);
const lib = fileURLToPath(new URL('../lib/', import.meta.url));
const histories = fileURLToPath(new URL('../test/histories/', import.meta.url));

const { startChild } = require(join(lib, 'cli/children.js'));
const { startTemporal } = require(join(lib, 'cli/temporal/dev-server.js'));
const { findTemporalCli } = require(join(lib, 'cli/temporal/find-cli.js'));
const { labEnvironment } = require(join(lib, 'lab/config-file.js'));
const { startLab } = require(join(lib, 'lab/lab.js'));
const { seeded } = require(join(lib, 'lab/region/seed.js'));

const taskQueue = 'runbook';
const installation = 'prod';
const hostname = 'circleci.example.com';
const source = 'i-0123456789abcdef0';
const build = (/** @type {string} */ name) => `https://${hostname}/gh/acme/${name}`;

/** What a scene plays on. @typedef {{ client: Client, lab: any }} Ground */
/**
 * What is done before a gate is answered.
 * @typedef {(title: string, instanceId: string) => Promise<void>} Operator
 */

/**
 * Answers every gate of the run until it ends: approves, and retries what failed after mending it.
 *
 * @param {Ground} ground
 * @param {string} workflowId
 * @param {Operator} before
 */
async function operate({ client }, workflowId, before) {
  const handle = client.workflow.getHandle(workflowId);
  let answered = '';
  for (let polls = 0; polls < 1200; polls += 1) {
    const { status, gate, instanceId } = await handle.query('standing');
    if (!['running', 'waiting'].includes(status)) return;
    if (gate && gate.id !== answered) {
      answered = gate.id;
      await before(gate.title, instanceId ?? '');
      const answer = gate.answers.includes('approve') ? 'approve' : 'retry';
      await handle.signal(answer, { by: 'ana', gate: gate.id });
    }
    await sleep(50);
  }
  throw new Error(`${workflowId} did not end within a minute.`);
}

/**
 * @param {Ground} ground
 * @param {string} path
 * @param {object} body
 */
async function control({ lab }, path, body = {}) {
  await fetch(`${lab.controlUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
}

/**
 * Plays one run to its end and writes its history.
 *
 * @param {Ground} ground
 * @param {{ type: string, request: unknown, before?: Operator }} scene
 */
async function record(ground, { type, request, before = () => Promise.resolve() }) {
  const workflowId = `recorded-${type}`;
  await ground.client.workflow.start(type, { taskQueue, workflowId, args: [request] });
  await operate(ground, workflowId, before);
  await write(ground, type, workflowId);
}

/**
 * Writes a history, without what tells of the machine that recorded it.
 *
 * @param {Ground} ground
 * @param {string} type
 * @param {string} workflowId
 */
async function write({ client }, type, workflowId) {
  const handle = client.workflow.getHandle(workflowId);
  await handle.result();
  const text = historyToJSON(await handle.fetchHistory());
  const anonymous = text
    .replace(/"identity": ?"[^"]*"/g, '"identity": "worker"')
    .replace(/"stackTrace": ?"(?:[^"\\]|\\.)*"/g, '"stackTrace": ""');
  writeFileSync(join(histories, `${type}.json`), `${anonymous}\n`);
  console.log(`test/histories/${type}.json`);
}

/** @param {Ground} ground */
async function play(ground) {
  await record(ground, { type: 'backup', request: { installation } });
  await record(ground, { type: 'backup', request: { installation, consistency: 'stop-app' } });
  await write(ground, 'claim', `backup-claim/${taskQueue}/${installation}`);
  const told = { event: 'trouble', id: 'recorded', fact: 'f', what: 'w', todo: 't', since: 's' };
  const rest = { message: told, heard: [], seconds: 60 };
  const telling = { taskQueue, workflowId: 'recorded-tell', args: [rest] };
  await ground.client.workflow.execute('tell', telling);
  await write(ground, 'tell', 'recorded-tell');
  // The first of the two is one too many.
  await record(ground, { type: 'prune', request: { installation } });
  await record(ground, { type: 'refreshSpare', request: { installation } });
  await record(ground, { type: 'drill', request: { installation } });
  const stuck = { installation, builds: [build('web/1201')] };
  await record(ground, { type: 'cleanUpBuilds', request: stuck });
  await control(ground, `/machines/${source}/lose`);
  const request = { installation, builds: [build('web/1202')] };
  await record(ground, {
    type: 'restore',
    request,
    async before(title, instanceId) {
      const trap = (/** @type {boolean} */ diskFull) =>
        control(ground, `/machines/${instanceId}/set`, { diskFull });
      if (title.startsWith('failed')) await trap(false);
      if (title !== 'Change the DNS record') return;
      const address = ground.lab.region.machines.get(instanceId)?.publicAddress;
      await control(ground, '/dns', { name: hostname, address });
      // A step that is asked about belongs into the history of a restore.
      await trap(true);
    },
  });
}

const dir = mkdtempSync(join(tmpdir(), 'runbook-record-'));
/** @type {(() => unknown)[]} */
const ends = [
  () => {
    rmSync(dir, { recursive: true, force: true });
  },
];
try {
  const cliPath = await findTemporalCli();
  const files = { dbFile: join(dir, 'temporal.db'), logFile: join(dir, 'temporal.log') };
  const server = await startTemporal({ cliPath, ...files });
  ends.unshift(() => server.stop());
  const lab = await startLab({
    dir: join(dir, 'lab'),
    speed: 300,
    installation: {
      keep: { last: 1 },
      spare: {
        region: seeded.region,
        subnet: seeded.subnets[1],
        securityGroups: [seeded.servicesGroup],
        quarantineSecurityGroup: seeded.quarantineGroup,
      },
      drill: { subnet: seeded.subnets[1], quarantineSecurityGroup: seeded.quarantineGroup },
    },
    limits: { attempts: 2 },
  });
  ends.unshift(() => lab.stop());
  const env = {
    ...labEnvironment(join(dir, 'lab'), lab.ec2Url),
    TEMPORAL_ADDRESS: server.address,
    RUNBOOK_TASK_QUEUE: taskQueue,
  };
  const args = [join(lib, 'worker.js')];
  const worker = startChild({ name: 'worker', command: process.execPath, args, env });
  ends.unshift(() => worker.stop());
  const connection = await Connection.connect({ address: server.address });
  ends.unshift(() => connection.close());
  await play({ client: new Client({ connection }), lab });
} finally {
  for (const end of ends) await end();
}
