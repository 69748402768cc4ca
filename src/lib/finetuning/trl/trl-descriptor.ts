import { relative } from 'node:path'
import { namesPretrained } from '../../engine/pretrained/names-pretrained.ts'
import type { ProviderDescriptor } from '../provider.ts'
import { trainedModel } from './job-folder.ts'
import { requestOf, TRL, TRL_PREFIX, trlModelName } from './trl-run.ts'

/** Flags of finetune:start that it takes. */
const FLAGS = [
  ...['method', 'lora-rank', 'lora-alpha', 'lora-targets', 'python', 'engine', 'gpus', 'nodes', 'precision'],
  ...['time', 'partition', 'gradient-checkpointing', 'storage', 'loss', 'ray-address', 'slurm-host'],
  ...['trainer-command', 'trainer-config'],
]

/** Hugging Face's TRL, which trains any causal model of the Hub on the machines that an engine has. */
export const trlDescriptor: ProviderDescriptor = {
  name: TRL,
  summary: 'Llama, Qwen and all other causal models of Hugging Face, on your GPUs with TRL',
  runs: 'elsewhere',
  namesPretrained,
  flags: FLAGS,
  namesModel: (name) => name.startsWith(TRL_PREFIX),
  modelOf: (run) => {
    const { engine, site, folder, python, resources, config, runs_here: runsHere } = requestOf(run)
    return {
      client: runsHere ? 'engine' : 'transformers',
      id: run.fine_tuned_model ?? trlModelName(run),
      directory: trainedModel(folder),
      job: { engine, site, folder, python, resources, precision: config.precision },
    }
  },
  weightsOf: (run) => trainedModel(requestOf(run).folder),
  filesOf: (run, { directory }) => {
    const { folder, files } = requestOf(run)
    const isOutside = relative(directory, folder).startsWith('..')
    return isOutside ? { folder, here: files === undefined } : undefined
  },
  flagsOf: (run) => {
    const { hyperparameters } = run
    const { method, lora_rank, lora_alpha, lora_targets, loss } = hyperparameters
    const { engine, site, resources, config, trainer } = requestOf(run)
    const { gpus, nodes, time, partition } = resources
    return {
      ...(method === 'full' ? { method } : {}),
      ...(lora_rank !== undefined && { 'lora-rank': String(lora_rank) }),
      ...(lora_alpha !== undefined && { 'lora-alpha': String(lora_alpha) }),
      ...(lora_targets !== undefined && { 'lora-targets': String(lora_targets) }),
      ...(typeof loss === 'string' && { loss }),
      ...{ engine, gpus: String(gpus), precision: config.precision, time, partition },
      'trainer-command': trainer?.command,
      'trainer-config': trainer?.config?.path,
      ...(engine === 'ray' && { 'ray-address': site }),
      ...(engine === 'slurm' && { 'slurm-host': site }),
      ...(nodes > 1 && { nodes: String(nodes) }),
      follow: true,
    }
  },
  async open(options) {
    const { TrlProvider } = await import('./trl-provider.ts')
    return new TrlProvider(options)
  },
}
