// Lets a test that speaks to a program from a Debian package say so: without it the test is skipped with the reason in
// its title, or fails when no skip is allowed.

import { probePeer, type PeerName, type PeerStatus } from '../peers.js';

const seen = new Map<PeerName, PeerStatus>();

/** Call first in a `before` hook: `before(requirePeers('kannel', 'tshark'))`. */
export function requirePeers(...names: readonly PeerName[]): (this: Mocha.Context) => void {
  return function requirePeersHook(this: Mocha.Context): void {
    this.timeout(60_000);
    for (const name of names) {
      const status = seen.get(name) ?? probePeer(name);
      seen.set(name, status);
      if (status.usable) continue;
      if (process.env['MATRIOSKA_NO_SKIP'] === '1') throw new Error(`${name} is needed: ${status.why}`);
      console.log(`    skipped, ${name} is needed: ${status.why}`);
      this.skip();
    }
  };
}
