// Starts a worker thread from compiled JavaScript or, in a source run, from TypeScript.

import { Worker, type Transferable } from 'node:worker_threads';

/**
 * Execution arguments for a thread that runs `url`. Node 20 does not hand module hooks down to workers, so a source
 * run registers the TypeScript loader again inside the thread; compiled code needs nothing.
 */
export function threadExecArgv(url: string): string[] | undefined {
  if (!url.endsWith('.ts')) return undefined;
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  return ['--conditions=source', '--import', `data:text/javascript,import{register}from${loader};register()`];
}

/** Starts a thread; `url` comes from `import.meta.resolve('#…')`. */
export function startThread(url: string, workerData: unknown, transferList: readonly Transferable[] = []): Worker {
  const execArgv = threadExecArgv(url);
  return new Worker(new URL(url), {
    workerData,
    transferList: [...transferList],
    ...(execArgv === undefined ? {} : { execArgv }),
  });
}
