// Named places where the crash tests kill the process: MATRIOSKA_FAILPOINT=name[:nth]. Off, a place costs one branch.

/** Every place, in the order in which a message passes them. */
export const failpointNames = [
  'message.parsed',
  'message.reserved',
  'message.appended',
  'journal.before-write',
  'journal.after-write',
  'journal.after-sync',
  'message.durable',
  'message.answered',
  'message.dispatched',
  'attempt.answered',
  'attempt.appended',
  'receipt.arrived',
  'receipt.settled',
  'receipt.appended',
  'receipt.durable',
  'receipt.acknowledged',
  'receipt.sent',
  'receipt.done',
  'projector.before-commit',
  'projector.after-commit',
] as const;
export type FailpointName = (typeof failpointNames)[number];

function readSetting(): { name: string; left: number } | undefined {
  const setting = process.env['MATRIOSKA_FAILPOINT'];
  if (setting === undefined || setting === '') return undefined;
  const [name = '', nth = '1'] = setting.split(':');
  return { name, left: Number(nth) };
}

const armed = readSetting();

/** True in a process that a crash test started; hot code asks this first. */
export const failpointsArmed = armed !== undefined;

/** Kills the process, as power loss would end it, when this place is armed and its count has come. */
export function failpoint(name: FailpointName): void {
  if (armed?.name !== name) return;
  armed.left--;
  if (armed.left === 0) process.kill(process.pid, 'SIGKILL');
}
