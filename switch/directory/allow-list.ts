// Addresses and networks from which an account may bind.

import { BlockList, isIP } from 'node:net';

const CIDR = /^(.+)\/(\d{1,3})$/;

interface Network {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly bits: number;
}

/** Reads `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`; undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const match = CIDR.exec(text);
  const address = match?.[1] ?? text;
  const version = isIP(address);
  if (version === 0) return undefined;
  const bitsMax = version === 4 ? 32 : 128;
  const bits = match === null ? bitsMax : Number(match[2]);
  return bits > bitsMax ? undefined : { address, family: version === 4 ? 'ipv4' : 'ipv6', bits };
}

/** An empty list allows every address. */
export class AllowList {
  #networks: BlockList | undefined;

  allows(address: string): boolean {
    if (this.#networks === undefined) return true;
    const version = isIP(address);
    if (version === 0) return false;
    // A dual-stack listener shows IPv4 peers as ::ffff:192.0.2.7 (RFC 4291 §2.5.5.2).
    if (version === 6 && address.startsWith('::ffff:') && isIP(address.slice(7)) === 4) {
      return this.#networks.check(address.slice(7), 'ipv4');
    }
    return this.#networks.check(address, version === 4 ? 'ipv4' : 'ipv6');
  }

  replace(networks: readonly string[]): void {
    if (networks.length === 0) {
      this.#networks = undefined;
      return;
    }
    const list = new BlockList();
    for (const text of networks) {
      const network = parseNetwork(text);
      if (network !== undefined) list.addSubnet(network.address, network.bits, network.family);
    }
    this.#networks = list;
  }
}
