// The programs from Debian packages that some tests speak to. `npm test` runs this first: what is missing is installed
// where that is allowed (root, apt), otherwise it is named and the tests that need it are reported as skipped.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export type PeerName = 'kannel' | 'tshark' | 'strace';

export interface PeerStatus {
  readonly name: PeerName;
  readonly usable: boolean;
  /** Why it is not usable; empty when it is. */
  readonly why: string;
}

interface Peer {
  readonly debianPackage: string;
  readonly programs: readonly string[];
  /** A command that proves the program may do here what the tests ask of it. */
  readonly probe: readonly [string, ...string[]];
  readonly probeProves: string;
  /** An answer given to debconf before the package is installed. */
  readonly debconf?: string;
}

const peers: Readonly<Record<PeerName, Peer>> = {
  kannel: {
    debianPackage: 'kannel',
    programs: ['bearerbox', 'smsbox'],
    probe: ['bearerbox', '--version'],
    probeProves: 'bearerbox runs',
  },
  tshark: {
    debianPackage: 'tshark',
    programs: ['tshark', 'dumpcap'],
    // Ends by itself after a second; fails at once without the right to capture.
    probe: ['dumpcap', '-q', '-i', 'lo', '-a', 'duration:1', '-w', '/dev/null'],
    probeProves: 'packets on the loopback interface may be captured',
    debconf: 'wireshark-common wireshark-common/install-setuid boolean false',
  },
  strace: {
    debianPackage: 'strace',
    programs: ['strace'],
    probe: ['strace', '-f', '-o', '/dev/null', 'true'],
    probeProves: 'processes may be traced',
  },
};

const peerNames = Object.keys(peers) as PeerName[];

const APT_TIMEOUT_MS = 300_000;
const PROBE_TIMEOUT_MS = 15_000;

/** Debian keeps daemons in sbin, which the PATH of an ordinary user leaves out. */
const searchPath = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Absolute path of a program, or undefined when it is not installed. */
export function findProgram(program: string): string | undefined {
  for (const folder of searchPath) {
    const path = join(folder, program);
    if (folder !== '' && existsSync(path) && isExecutable(path)) return path;
  }
  return undefined;
}

/** Whether one peer is installed and works here. */
export function probePeer(name: PeerName): PeerStatus {
  const peer = peers[name];
  const missing = peer.programs.filter((program) => findProgram(program) === undefined);
  if (missing.length > 0) {
    return { name, usable: false, why: `${missing.join(', ')} not found (Debian package ${peer.debianPackage})` };
  }
  const [program, ...args] = peer.probe;
  const result = spawnSync(program, args, { env: withSearchPath(), timeout: PROBE_TIMEOUT_MS, encoding: 'utf8' });
  if (result.status === 0) return { name, usable: true, why: '' };
  const said = (result.error?.message ?? result.stderr).trim().split('\n').at(-1) ?? '';
  return {
    name,
    usable: false,
    why: `${peer.debianPackage} is installed but not shown that ${peer.probeProves}: ${said}`,
  };
}

/** Installs what is missing where that is allowed, and answers what may be used. */
export function ensurePeers(options: { mayInstall: boolean; say: (line: string) => void }): PeerStatus[] {
  const missing = peerNames.filter((name) =>
    peers[name].programs.some((program) => findProgram(program) === undefined),
  );
  if (missing.length > 0 && options.mayInstall) install(missing, options.say);
  return peerNames.map(probePeer);
}

function install(names: readonly PeerName[], say: (line: string) => void): void {
  const packages = names.map((name) => peers[name].debianPackage);
  if (process.getuid?.() !== 0 || findProgram('apt-get') === undefined) {
    say(`missing: ${packages.join(', ')}; to install them, run as root: apt-get install ${packages.join(' ')}`);
    return;
  }
  say(`installing Debian packages: ${packages.join(', ')}`);
  const answers = names.flatMap((name) => peers[name].debconf ?? []);
  if (answers.length > 0 && findProgram('debconf-set-selections') !== undefined) {
    spawnSync('debconf-set-selections', { input: `${answers.join('\n')}\n`, env: withSearchPath() });
  }
  if (apt(['install', '-y', '--no-install-recommends', ...packages])) return;
  // The package lists of a fresh machine are empty or out of date.
  say('refreshing the package lists');
  apt(['update', '-q']);
  if (!apt(['install', '-y', '--no-install-recommends', ...packages])) say('apt-get could not install all of them');
}

function apt(args: readonly string[]): boolean {
  const env = { ...withSearchPath(), DEBIAN_FRONTEND: 'noninteractive' };
  // A lock held by another package run is waited for, within the time limit.
  const all = ['-o', 'DPkg::Lock::Timeout=120', '-q', ...args];
  const result = spawnSync('apt-get', all, { env, timeout: APT_TIMEOUT_MS, encoding: 'utf8' });
  if (result.status !== 0) process.stderr.write(result.stderr);
  return result.status === 0;
}

function withSearchPath(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: searchPath.join(delimiter) };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const statuses = ensurePeers({
    mayInstall: !process.argv.includes('--no-install'),
    say: (line) => console.log(line),
  });
  for (const status of statuses) console.log(`${status.name}: ${status.usable ? 'usable' : status.why}`);
}
