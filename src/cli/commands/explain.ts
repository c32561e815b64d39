import type { Command } from 'commander';

export function define(program: Command): void {
  program
    .command('explain')
    .summary('what a requirement, a fault or a property of the target file means')
    .argument('<name>', 'id of a requirement or fault, or target.PROPERTY, e.g. target.bulk.group')
    .action(async (name: string) => {
      const { explain } = await import('../explain.ts');
      console.log(explain(name));
    });
}
