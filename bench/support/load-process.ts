// Entry of a load process: a generator or a sink, as the parent orders. It ends when the parent does.

import type { Answer, Order } from './control.js';
import { Generator } from './generator.js';
import { Sink } from './sink.js';

let generator: Generator | undefined;
let sink: Sink | undefined;

const answer = (what: Answer): void => void process.send?.(what);
const fault = (why: string): void => answer({ is: 'fault', why });

async function start(options: Extract<Order, { do: 'start' }>['options']): Promise<void> {
  if (options.kind === 'sink') {
    sink = new Sink(options);
    answer({ is: 'ready', ports: await sink.start() });
    return;
  }
  generator = new Generator(options, fault);
  generator.start();
  answer({ is: 'ready', ports: [] });
}

function finish(): void {
  generator?.finish();
  sink?.finish();
  answer({ is: 'done' });
  process.disconnect();
}

function obey(order: Order): void {
  switch (order.do) {
    case 'start':
      start(order.options).catch((error: unknown) => fault(String(error)));
      return;
    case 'saturate':
      generator?.saturate();
      return;
    case 'pace':
      generator?.pace(order.perSec, order.owedMax);
      return;
    case 'pause':
      generator?.pause();
      return;
    case 'reset-latency':
      generator?.latency.reset();
      return;
    case 'drop-links':
      generator?.dropLinks();
      sink?.dropLinks();
      return;
    case 'report': {
      const report = generator?.report() ?? sink?.report();
      if (report !== undefined) answer({ is: 'report', report });
      return;
    }
    case 'finish':
      finish();
      return;
  }
}

process.on('message', (order) => obey(order as Order));
process.on('disconnect', () => process.exit());
process.on('uncaughtException', (error) => {
  fault(error.stack ?? error.message);
  process.exit(1);
});
