// What a command_status of an upstream means for the message: try here again, try elsewhere, or give up.

import { Status, type StatusName } from '#smpp';
import type { RefusalClass } from '../contract.js';

/**
 * Every status of SMPP 3.4 §5.1.3 and SMPP 5.0 §4.7.6 as an answer to submit_sm. `permanent` is only what no other
 * carrier can judge differently; doubt goes to another candidate.
 */
export const statusClasses: Readonly<Record<Exclude<StatusName, 'ESME_ROK'>, RefusalClass>> = {
  ESME_RINVMSGLEN: 'permanent',
  ESME_RINVCMDLEN: 'trunk-permanent',
  ESME_RINVCMDID: 'trunk-permanent',
  // The session is not what we think it is: this link's trouble, not the message's.
  ESME_RINVBNDSTS: 'transient',
  ESME_RALYBND: 'transient',
  ESME_RINVPRTFLG: 'trunk-permanent',
  ESME_RINVREGDLVFLG: 'trunk-permanent',
  ESME_RSYSERR: 'transient',
  ESME_RINVSRCADR: 'trunk-permanent',
  ESME_RINVDSTADR: 'permanent',
  ESME_RINVMSGID: 'trunk-permanent',
  ESME_RBINDFAIL: 'transient',
  ESME_RINVPASWD: 'transient',
  ESME_RINVSYSID: 'transient',
  ESME_RCANCELFAIL: 'trunk-permanent',
  ESME_RREPLACEFAIL: 'trunk-permanent',
  ESME_RMSGQFUL: 'throttled',
  ESME_RINVSERTYP: 'trunk-permanent',
  ESME_RINVNUMDESTS: 'permanent',
  ESME_RINVDLNAME: 'permanent',
  ESME_RINVDESTFLAG: 'permanent',
  ESME_RINVSUBREP: 'trunk-permanent',
  ESME_RINVESMCLASS: 'trunk-permanent',
  ESME_RCNTSUBDL: 'permanent',
  ESME_RSUBMITFAIL: 'trunk-permanent',
  ESME_RINVSRCTON: 'trunk-permanent',
  ESME_RINVSRCNPI: 'trunk-permanent',
  ESME_RINVDSTTON: 'trunk-permanent',
  ESME_RINVDSTNPI: 'trunk-permanent',
  ESME_RINVSYSTYP: 'transient',
  ESME_RINVREPFLAG: 'trunk-permanent',
  ESME_RINVNUMMSGS: 'permanent',
  ESME_RTHROTTLED: 'throttled',
  ESME_RINVSCHED: 'trunk-permanent',
  ESME_RINVEXPIRY: 'trunk-permanent',
  ESME_RINVDFTMSGID: 'trunk-permanent',
  // SMPP 3.4 §5.1.3: the ESME application errors answer deliver_sm; from an upstream they still say later, never, no.
  ESME_RX_T_APPN: 'transient',
  ESME_RX_P_APPN: 'trunk-permanent',
  ESME_RX_R_APPN: 'trunk-permanent',
  ESME_RQUERYFAIL: 'trunk-permanent',
  ESME_RINVTLVSTREAM: 'trunk-permanent',
  ESME_RTLVNOTALLWD: 'trunk-permanent',
  ESME_RINVPARLEN: 'trunk-permanent',
  ESME_RMISSINGTLV: 'trunk-permanent',
  ESME_RINVTLVVAL: 'trunk-permanent',
  ESME_RDELIVERYFAILURE: 'trunk-permanent',
  ESME_RUNKNOWNERR: 'transient',
  ESME_RSERTYPUNAUTH: 'trunk-permanent',
  ESME_RPROHIBITED: 'trunk-permanent',
  ESME_RSERTYPUNAVAIL: 'transient',
  ESME_RSERTYPDENIED: 'trunk-permanent',
  ESME_RINVDCS: 'trunk-permanent',
  ESME_RINVSRCADDRSUBUNIT: 'trunk-permanent',
  ESME_RINVDSTADDRSUBUNIT: 'trunk-permanent',
  ESME_RINVBCASTFREQINT: 'trunk-permanent',
  ESME_RINVBCASTALIAS_NAME: 'trunk-permanent',
  ESME_RINVBCASTAREAFMT: 'trunk-permanent',
  ESME_RINVNUMBCAST_AREAS: 'trunk-permanent',
  ESME_RINVBCASTCNTTYPE: 'trunk-permanent',
  ESME_RINVBCASTMSGCLASS: 'trunk-permanent',
  ESME_RBCASTFAIL: 'trunk-permanent',
  ESME_RBCASTQUERYFAIL: 'trunk-permanent',
  ESME_RBCASTCANCELFAIL: 'trunk-permanent',
  ESME_RINVBCAST_REP: 'trunk-permanent',
  ESME_RINVBCASTSRVGRP: 'trunk-permanent',
  ESME_RINVBCASTCHANIND: 'trunk-permanent',
};

export const isStatusName = (name: string): name is StatusName => Object.hasOwn(Status, name);

/** Statuses outside the specifications (vendors use 0x400 to 0x4FF): another candidate may well take the message. */
const UNLISTED: RefusalClass = 'trunk-permanent';

/** The table as one trunk sees it: the specification's, with the operator's own verdicts on top. */
export class StatusClasses {
  readonly #byStatus = new Map<number, RefusalClass>();

  /** @param own verdicts by name (`ESME_RSUBMITFAIL`) or number (`0x00000401`, `1025`) */
  constructor(own: Readonly<Record<string, RefusalClass>>) {
    for (const [name, refusal] of Object.entries(statusClasses)) {
      this.#byStatus.set(Status[name as StatusName], refusal);
    }
    for (const [name, refusal] of Object.entries(own)) {
      this.#byStatus.set(isStatusName(name) ? Status[name] : Number(name), refusal);
    }
  }

  of(commandStatus: number): RefusalClass {
    return this.#byStatus.get(commandStatus) ?? UNLISTED;
  }
}
