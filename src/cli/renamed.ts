/** Options that had other names: still read for one version, with a notice. `--shard` keeps its name and counts from 0, as the index of a Kubernetes job does. */
const renamed: ReadonlyMap<string, string> = new Map([
  ['--authority', '--hl7-validator'],
  ['--grep', '--only'],
  ['--keep', '--max-examples'],
  ['--load-share', '--load-scale'],
  ['--load-part', '--load-segment'],
]);

/** The arguments under their new names; `notify` hears of each that was an old one. */
export const withNewOptions = (args: readonly string[], notify: (notice: string) => void): readonly string[] =>
  args.map((arg) => {
    const [name = '', ...value] = arg.split('=');
    const now = renamed.get(name);
    if (now === undefined) return arg;
    notify(`${name} is now called ${now}. The old name is read for one more version.`);
    return [now, ...value].join('=');
  });
