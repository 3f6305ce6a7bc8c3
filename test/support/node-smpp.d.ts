// The part of node-smpp that tests use. It is an independent peer and oracle, never part of the product.

declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { Server as NetServer, Socket } from 'node:net';

  interface Pdu {
    command: string;
    command_id: number;
    command_length: number;
    command_status: number;
    sequence_number: number;
    /** Mandatory fields and TLVs by the names of the specification. */
    [field: string]: unknown;
    response(fields?: Record<string, unknown>): Pdu;
    isResponse(): boolean;
    toBuffer(): Buffer;
  }

  interface Session extends EventEmitter {
    readonly socket: Socket;
    send(pdu: Pdu, onResponse?: (pdu: Pdu) => void): boolean;
    close(done?: () => void): void;
    destroy(done?: () => void): void;
    pause(): void;
    resume(): void;
    bind_transceiver(fields: Record<string, unknown>, onResponse?: (pdu: Pdu) => void): boolean;
    bind_transmitter(fields: Record<string, unknown>, onResponse?: (pdu: Pdu) => void): boolean;
    bind_receiver(fields: Record<string, unknown>, onResponse?: (pdu: Pdu) => void): boolean;
    submit_sm(fields: Record<string, unknown>, onResponse?: (pdu: Pdu) => void): boolean;
    deliver_sm(fields: Record<string, unknown>, onResponse?: (pdu: Pdu) => void): boolean;
    data_sm(fields: Record<string, unknown>, onResponse?: (pdu: Pdu) => void): boolean;
    enquire_link(fields?: Record<string, unknown>, onResponse?: (pdu: Pdu) => void): boolean;
    unbind(fields?: Record<string, unknown>, onResponse?: (pdu: Pdu) => void): boolean;
  }

  interface Smpp {
    readonly PDU: {
      new (command: string, fields?: Record<string, unknown>): Pdu;
      fromBuffer(buffer: Buffer): Pdu;
    };
    createServer(listener: (session: Session) => void): NetServer;
    createServer(options: Record<string, unknown>, listener: (session: Session) => void): NetServer;
    connect(options: Record<string, unknown>, listener?: (session: Session) => void): Session;
    readonly commands: Readonly<Record<string, unknown>>;
    readonly tlvs: Readonly<Record<string, unknown>>;
    readonly errors: Readonly<Record<string, number>>;
  }

  const smpp: Smpp;
  export default smpp;
  export type { Pdu, Session };
}
