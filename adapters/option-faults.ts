// What is wrong with a trunk's options, one sentence per fault.

import type { z } from 'zod';

/** `port: must be a whole number from 1 to 65535`, one for each issue. */
export function optionFaults(error: z.ZodError): readonly string[] {
  return error.issues.map((issue) => {
    const path = issue.path.map(String).join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
}
