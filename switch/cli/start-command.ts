// `matrioska start`: the switch with its commands, admin socket and, on an empty data folder, the sandbox.

import { type Logger, systemClock } from '#core';
import { loopbackAdapterKind } from '#adapters/loopback';
import { smppAdapterKind } from '#adapters/smpp';
import { openAdminServer } from '../admin/index.js';
import { createCommands } from '../command/index.js';
import type { Settings } from '../config/index.js';
import { DailyJobs, retentionJob } from '../jobs/index.js';
import { createLogger } from '../log/index.js';
import { whyInUse } from '../in-use.js';
import type { Running } from '../main.js';
import { startSwitch } from '../main.js';
import { Provisioner, sandbox } from '../provision/index.js';
import type { Sandbox } from '../provision/index.js';
import type { CliCommand } from './command.js';
import type { Terminal } from './output.js';
import { version } from './version.js';

export const startCommand: CliCommand = {
  name: 'start',
  takes: '',
  help: 'run the switch until it is told to stop (Ctrl-C drains and ends)',
  options: {},
  wordsMax: 0,
  async run({ settings, terminal }) {
    await runSwitch(settings(), terminal);
    return undefined;
  },
};

/** Resolves when the switch has drained and closed. */
async function runSwitch(settings: Settings, terminal: Terminal): Promise<void> {
  const stopAsked = nextSignal();
  const log = createLogger(settings.log.level);
  const running = await startSwitch(settings, log, version());
  let drain = (): void => undefined;
  const drainAsked = new Promise<void>((resolve) => (drain = resolve));
  const jobs = startJobs(running, settings, log);
  try {
    const provisioner = createProvisioner(running);
    const commands = createCommands({
      directory: running.node.directory,
      provisioner,
      records: running.node.store.records,
      clock: systemClock,
      node: settings.node,
      story: (id, scope) => running.node.story(id, scope),
      post: (posting) => running.node.post(posting),
      newPostingId: () => running.node.newPostingId(),
      status: () => statusOf(running),
      drain: () => {
        drain();
        return Promise.resolve();
      },
    });
    const admin = await openAdminServer(settings.adminSocket, { commands, directory: running.node.directory, log });
    try {
      const made = await sandboxWhenEmpty(settings, running, provisioner);
      printWelcome(terminal, settings, running, made);
      await Promise.race([stopAsked, drainAsked]);
      terminal.err('stopping: finishing what is in flight');
    } finally {
      await admin.close();
    }
  } finally {
    await jobs.stop();
    await running.stop();
  }
}

/** Looks once a minute whether a daily job is due. */
function startJobs({ node }: Running, settings: Settings, log: Logger): { stop(): Promise<void> } {
  const { records } = node.store;
  const tenantId = (): string => node.directory.root?.id ?? '';
  const retention = retentionJob(records, settings.retentionDays);
  const jobs = new DailyJobs({ records, log, tenantId }, [retention], node.flow.steadyMs());
  const timer = setInterval(() => void jobs.tick(node.flow.steadyMs()), JOB_TICK_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return jobs.close();
    },
  };
}

const JOB_TICK_MS = 60_000;

/** Resolves at the first signal; a second one ends the process at once, as people expect of a second Ctrl-C. */
function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const heard = (): void => {
      if (++count > 1) process.exit(1);
      resolve();
    };
    process.on('SIGINT', heard);
    process.on('SIGTERM', heard);
  });
}

function createProvisioner({ node, box, pool }: Running): Provisioner {
  return new Provisioner({
    records: node.store.records,
    directory: node.directory,
    box,
    adapters: new Map([smppAdapterKind, loopbackAdapterKind].map((kind) => [kind.kind, kind])),
    clock: systemClock,
    importDeck: (request) => pool.importDeck(request),
    deckVersion: (id, wanted) => node.store.records.deckVersion(id, wanted),
    show: (rows, removedRefs) => node.applyRows(rows, removedRefs),
    inUse: (kind, ref) => whyInUse(node.flow, kind, ref),
  });
}

function statusOf({ node }: Running): unknown {
  const { isReady, why } = node.readiness();
  const trunks = [...node.directory.trunks.values()].map((trunk) => ({
    trunk: trunk.id,
    carrier: trunk.carrier.id,
    enabled: trunk.enabled,
    up: trunk.state.up,
    full: trunk.state.full,
  }));
  return {
    ready: isReady,
    why,
    journal: node.store.journal.state,
    openMessages: node.flow.open.size,
    accounts: node.directory.accounts.size,
    tenants: node.directory.tenants.size,
    trunks,
  };
}

/** Only ever on a switch that knows no tenant yet. */
async function sandboxWhenEmpty(
  settings: Settings,
  { node }: Running,
  provisioner: Provisioner,
): Promise<Sandbox | undefined> {
  if (!settings.sandbox || node.directory.root !== undefined) return undefined;
  const made = sandbox(settings.dataFolder);
  await provisioner.apply(
    made.document,
    { dryRun: false, prune: false },
    {
      actor: 'sandbox',
      scope: { tenantRef: 0, tenantRefs: [] },
      permission: 'provision.write',
      command: 'apply',
      reason: 'first start',
      progress: () => undefined,
    },
  );
  for (const { tenant: id, amount } of made.topUps) {
    const tenant = [...node.directory.tenants.values()].find((entry) => entry.id === id);
    const micros = BigInt(amount.replace('.', '')) * 10_000n;
    if (tenant !== undefined)
      await node.post({
        id: node.newPostingId(),
        tenant,
        micros,
        kind: 'top-up',
        reason: 'sandbox',
        actor: 'sandbox',
      });
  }
  return made;
}

function printWelcome(terminal: Terminal, settings: Settings, running: Running, made: Sandbox | undefined): void {
  const lines = [`Matrioska ${version()}, node ${settings.node}, data in ${settings.dataFolder}`];
  for (const { host, port, isTls } of running.doors) lines.push(`  SMPP${isTls ? ' (TLS)' : ''}  ${host}:${port}`);
  if (running.httpPort > 0)
    lines.push(`  HTTP  http://${settings.http.host}:${running.httpPort}/health /ready /metrics`);
  if (made !== undefined) {
    const { systemId, password, httpKey, number } = made.credentials;
    const port = running.doors[0]?.port ?? 2775;
    lines.push(
      '',
      'A sandbox was made. These are shown once:',
      `  system id  ${systemId}`,
      `  password   ${password}`,
      `  HTTP key   ${httpKey}`,
      '',
      'Send a message, then read its story:',
      `  npx matrioska send --port ${port} --system-id ${systemId} --password ${password} --from ${number} --to 393331234567 --text Hello`,
      '  npx matrioska trace ID',
    );
  }
  terminal.out(`${lines.join('\n')}\n`);
}
