import { resolve } from 'node:path'
import { Flags } from '@oclif/core'
import { runArgument } from '../../cli/flags/arguments.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { readHubSettings } from '../../cli/shell/environment.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import type { ExportedModel } from '../../lib/engine/export/export-model.ts'
import { EXPORT_FORMATS } from '../../lib/engine/export/export-model.ts'
import { exportEngineModel } from '../../lib/models/engine/export-engine-model.ts'
import { quoteWord } from '../../lib/support/command-line.ts'
import { InputError } from '../../lib/support/errors.ts'
import { formatBytes, plural } from '../../lib/support/numbers.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export interface RunsExportResult extends ExportedModel {
  run_id: string
  format: (typeof EXPORT_FORMATS)[number]
}

export default class RunsExport extends BaseCommand {
  static override summary = 'write the model of a local run for other programs'
  static override description =
    'gguf is one file for llama.cpp and programs based on it; safetensors is a folder for transformers; onnx is a folder for ONNX Runtime, Optimum and Transformers.js. A fine-tuned pretrained model is written as gguf or safetensors, with its adapter merged. All hold float32 weights and a tokenizer that splits any text as the run’s own does.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> RUN_ID --format gguf',
    '<%= config.bin %> <%= command.id %> RUN_ID --format safetensors --output ~/models/reversed',
  ]

  static override args = {
    run: runArgument,
  }

  static override flags = {
    format: Flags.option({ options: EXPORT_FORMATS, default: 'gguf', summary: 'format to write' })(),
    output: Flags.string({
      char: 'o',
      summary: 'file (gguf) or folder to write; it must not exist',
      defaultHelp: async () => 'RUN_ID.gguf, RUN_ID-safetensors or RUN_ID-onnx',
    }),
  }

  async run(): Promise<RunsExportResult> {
    const { args, flags } = await this.parse(RunsExport)
    const store = new RunStore(this.home)
    const run = await store.get(args.run)
    const { id, provider } = run
    const { providers } = await loadExtensions(this.config)
    const weights = providers.find(provider)?.entry.weightsOf(run, { directory: store.directory(id) })
    if (weights === undefined) {
      throw new InputError(`The weights of ${id} are at ${provider} and cannot be exported from here.`, {
        code: 'NOT_LOCAL',
      })
    }
    const { format, output = format === 'gguf' ? `${id}.gguf` : `${id}-${format}` } = flags
    const exported = await exportEngineModel({
      directory: weights,
      format,
      output: resolve(output),
      name: id,
      hub: readHubSettings,
      signal: this.interrupt,
    })
    const size = `${plural(exported.parameters, 'parameter')}, ${formatBytes(exported.bytes)}`
    this.log(`${exported.output}: ${size}`)
    if (format === 'gguf')
      this.log(
        `Evaluate it: ${this.config.bin} eval:run --model-id ${quoteWord(`gguf:${output}`)} --dataset-name NAME`,
      )
    return { run_id: id, format, ...exported }
  }
}
