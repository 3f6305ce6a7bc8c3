// Why a trunk was not taken: small numbers that records keep, so none is ever reused.

export const Skip = {
  none: 0,
  noPrice: 1,
  disabled: 2,
  down: 3,
  notOwned: 4,
  lossMaking: 5,
  full: 6,
  denied: 7,
  noAgreement: 8,
  limit: 9,
} as const;
export type Skip = (typeof Skip)[keyof typeof Skip];

const TEXTS: readonly string[] = [
  'kept',
  'has no price for this destination',
  'is disabled',
  'is down',
  'belongs to a tenant outside the chain of sales',
  'costs more than its owner sells for',
  'has a full queue',
  'is denied by the routing plan',
  'has no agreement for this destination',
  'has reached a limit of its own',
];

/** The reason in words, to stand after the trunk's name; `reason 42` for numbers of a later version. */
export const skipText = (why: number): string => TEXTS[why] ?? `was skipped for reason ${why}`;
