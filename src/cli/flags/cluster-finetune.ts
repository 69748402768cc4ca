import type { Interfaces } from '@oclif/core'
import { Flags } from '@oclif/core'
import { ENGINES } from '../../lib/compute/engines.ts'
import type { ClusterOptions, ProviderDescriptor } from '../../lib/finetuning/provider.ts'
import type { OwnTrainer } from '../../lib/finetuning/trl/own-trainer.ts'
import { PRECISIONS } from '../../lib/finetuning/trl/trainer-config.ts'
import type { Registry } from '../../lib/support/registry.ts'
import { readEnvironment } from '../shell/environment.ts'
import { integerFlag, underscoreAliases } from './common.ts'
import { refuseInapplicable } from './refuse-inapplicable.ts'

const helpGroup = 'OPEN WEIGHTS ON GPUS'

const pythonFlag = Flags.custom<string>({
  summary: 'Python with TRL installed, such as ~/trl/bin/python',
  defaultHelp: async () => 'REVERSAL_PYTHON, or python3',
  helpGroup,
})

/** On which machines --provider trl trains, and how. */
const ownFlags = {
  python: pythonFlag(),
  engine: Flags.option({
    options: ENGINES.map(({ name }) => name),
    summary: 'where the job runs: this machine, a Ray cluster or a Slurm cluster',
    defaultHelp: async () => ENGINES[0]!.name,
    helpGroup,
  })(),
  gpus: integerFlag({
    min: 0,
    summary: 'GPUs of each machine; 0 trains on the CPU',
    defaultHelp: async () => 'all of this machine, one of a cluster',
    helpGroup,
  }),
  nodes: integerFlag({ min: 1, summary: 'machines to train on', helpGroup }),
  precision: Flags.option({
    options: PRECISIONS,
    summary: 'number format of the computation',
    defaultHelp: async () => 'bf16 if the GPUs support it, fp32 on the CPU',
    helpGroup,
  })(),
  'gradient-checkpointing': Flags.boolean({
    allowNo: true,
    summary: 'recompute activations in the backward pass: slower, but much less memory (default: on GPUs)',
    helpGroup,
  }),
  'trainer-command': Flags.string({
    helpValue: 'COMMAND',
    summary:
      'train by a command of your own instead of TRL, such as "axolotl train {config}" (docs/cluster.md)',
    helpGroup,
  }),
  'trainer-config': Flags.string({
    helpValue: 'FILE',
    dependsOn: ['trainer-command'],
    summary: 'configuration of your own trainer; {model}, {texts}, {output} and others are filled in',
    helpGroup,
  }),
  storage: Flags.string({
    summary: 'folder for the files of the runs, on a disk that all machines see',
    defaultHelp: async () => 'the folder of each run',
    helpGroup,
  }),
  time: Flags.string({ summary: 'time limit of the job, such as 04:00:00', helpGroup }),
  partition: Flags.string({ summary: 'queue of the cluster', helpGroup }),
  'ray-address': Flags.string({
    summary: 'dashboard of the Ray cluster, such as http://127.0.0.1:8265',
    defaultHelp: async () => 'RAY_API_SERVER_ADDRESS',
    helpGroup,
  }),
  'slurm-host': Flags.string({
    summary: 'host that has Slurm’s commands, reached by ssh',
    defaultHelp: async () => 'this machine',
    helpGroup,
  }),
}

export const clusterFinetuneFlags = underscoreAliases(ownFlags)

export type ClusterFlags = Partial<Interfaces.InferredFlags<typeof clusterFinetuneFlags>>

/** The flags as providers take them. The environment is read only when a job needs it. */
export async function clusterOptions(
  flags: ClusterFlags = {},
  { offline = false }: { offline?: boolean } = {},
): Promise<ClusterOptions> {
  const { REVERSAL_PYTHON, RAY_API_SERVER_ADDRESS } = await readEnvironment()
  const { engine, gpus, nodes, precision, storage, time, partition } = flags
  const { 'trainer-command': command, 'trainer-config': config } = flags
  return {
    python: flags.python ?? (REVERSAL_PYTHON || undefined),
    ...{ engine, gpus, nodes, precision, storage, time, partition, offline },
    rayAddress: flags['ray-address'] ?? (RAY_API_SERVER_ADDRESS || undefined),
    slurmHost: flags['slurm-host'],
    gradientCheckpointing: flags['gradient-checkpointing'],
    given: givenFlags(flags),
    ...(command !== undefined && { trainer: await readTrainer(command, config) }),
    cwd: process.cwd(),
    environment: readEnvironment,
  }
}

async function readTrainer(command: string, config: string | undefined): Promise<OwnTrainer> {
  const { readOwnTrainer } = await import('../../lib/finetuning/trl/own-trainer.ts')
  return readOwnTrainer({ command, config, cwd: process.cwd() })
}

function givenFlags(flags: ClusterFlags): string[] {
  const names = Object.keys(ownFlags) as (keyof typeof ownFlags)[]
  return names.filter((name) => flags[name] !== undefined)
}

/** Throws InputError FLAG_UNUSED for flags that do not apply to this provider. */
export function refuseClusterFlags(
  flags: ClusterFlags,
  chosen: { provider: ProviderDescriptor; providers: Registry<ProviderDescriptor> },
): void {
  refuseInapplicable(givenFlags(flags), chosen)
}
