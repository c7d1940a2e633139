import { test } from 'node:test';
import fc from 'fast-check';
import { WatchSimulation } from './watch-simulation.ts';

const STEP = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant('step' as const), pick: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('wait' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('change' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('fail' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('crowd' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('command' as const),
      command: fc.constantFrom(
        'check' as const,
        'check' as const,
        'update' as const,
        'pause' as const,
        'resume' as const,
        'resume' as const,
      ),
    }),
  },
);

test('in any order of events, there is one check or import at a time and no change is lost', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.boolean(),
      fc.array(STEP, { maxLength: 80 }),
      (isSensed, isRemoved, steps) => {
        const simulation = new WatchSimulation(isSensed);
        for (const [index, each] of steps.entries()) {
          if (isRemoved && index === steps.length >> 1) simulation.command('remove');
          if (each.type === 'step') simulation.step(each.pick);
          else if (each.type === 'command') simulation.command(each.command);
          else simulation[each.type]();
        }
        simulation.settle();
        simulation.expectNothingLost();
      },
    ),
    { numRuns: 3000 },
  );
});

test('a requested check is made soon, even if the process is killed at any moment after the request', () => {
  for (let before = 0; before < 25; before++)
    for (let after = 0; after < 30; after++) {
      const simulation = new WatchSimulation(false);
      simulation.wait();
      for (let steps = 0; steps < before; steps++) simulation.step(0);
      simulation.command('check');
      for (let steps = 0; steps < after; steps++) simulation.step(steps);
      simulation.restart();
      simulation.settle();
      simulation.expectNothingLost();
    }
});
