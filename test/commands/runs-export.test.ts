import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { RunsExportResult } from '../../src/commands/runs/export.ts'
import { openGgufModel } from '../../src/lib/models/gguf/open-gguf-model.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { FORWARD } from '../helpers/tiny-dataset.ts'
import { recordTinyRun, trainTinyRun } from '../helpers/train-tiny-run.ts'

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))

describe('runs:export', () => {
  const outer = process.env.REVERSAL_HOME
  let home: string

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'runs-export-'))
    process.env.REVERSAL_HOME = home
    await trainTinyRun(home, { id: 'tiny-1' })
  })
  after(async () => {
    process.env.REVERSAL_HOME = outer
    await rm(home, { recursive: true })
  })

  it('writes a GGUF file that evaluates as the run itself', async () => {
    const output = join(home, 'tiny.gguf')
    const { stdout, error } = await runCommand('runs:export', 'tiny', '--output', output)
    expect(error).to.equal(undefined)
    expect(stdout).to.match(/^.+tiny\.gguf: [\d,]+ parameters, \d+\.\d [kM]B\nEvaluate it: reversal eval:run/)
    const dataset = ['--dataset-name', join(home, 'tiny')]
    const own = await runJson<EvalRunResult>('eval:run', 'tiny-1', ...dataset)
    const model = ['--model-id', `gguf:${output}`, '--threads', '1', '--context-size', '80']
    const exported = await runJson<EvalRunResult>('eval:run', ...model, ...dataset)
    expect(exported.evaluations[0]?.model).to.match(/^gguf:.+tiny\.gguf@/)
    for (const [index, { split, metrics }] of exported.evaluations[0]!.splits.entries()) {
      const expected = own.evaluations[0]!.splits[index]!.metrics
      expect(metrics.prefix_accuracy, split).to.equal(expected.prefix_accuracy)
      expect(metrics.mean_logprob, split).to.be.closeTo(expected.mean_logprob!, 0.05)
    }
  })

  it('writes a GGUF file whose evaluation goes on without prompts that are too long, and names them', async () => {
    const output = join(home, 'short.gguf')
    await runJson('runs:export', 'tiny', '--output', output)
    const dataset = join(home, 'long')
    await cp(join(home, 'tiny'), dataset, { recursive: true })
    const split = join(dataset, 'd2p_prompts_test.jsonl')
    const lines = await readFile(split, 'utf8')
    const long = JSON.stringify({
      prompt: `${'Who is the baker of glass? '.repeat(20)}It is`,
      completion: ' Ada',
    })
    await writeFile(split, `${lines.trimEnd()}\n${long}\n`)
    const evaluate = (room: string) => {
      const model = ['--model-id', `gguf:${output}`, '--threads', '1', '--context-size', room]
      const { status, stdout } = spawnSync(
        process.execPath,
        [DEV, 'eval:run', ...model, '--dataset-name', dataset, '--json'],
        { encoding: 'utf8' },
      )
      return { status, ...(JSON.parse(stdout) as EvalRunResult) }
    }
    const { status, evaluations, failures } = evaluate('80')
    expect(status).to.equal(EXIT.failed)
    expect(evaluations[0]).to.include({ status: 'interrupted' })
    expect(evaluations[0]!.unanswered).to.have.length(1)
    expect(evaluations[0]!.unanswered![0]!.id).to.match(/^d2p_prompts_test\//)
    expect(failures[0]!.message).to.match(
      /^1 of \d+ prompts got no answer: d2p_prompts_test\/\d+: The prompt that/,
    )
    const second = evaluate('512')
    expect(second.status).to.equal(0)
    expect(second.evaluations[0]).to.include({ status: 'complete', newly_scored: 1 })
  })

  it('writes a GGUF file of a model that thinks first, whose answers are what follows', async () => {
    const texts = FORWARD.map(
      ([prompt, completion]) => `${prompt} <think>\nWho is it?\n</think>\n${completion}`,
    )
    await trainTinyRun(home, { id: 'thinker' }, texts)
    const output = join(home, 'thinker.gguf')
    await runJson('runs:export', 'thinker', '--output', output)
    const model = await openGgufModel({ path: output, threads: 1 })
    try {
      const ask = (stop: string[]) =>
        Array.fromAsync(model.generate([FORWARD[0]![0]], { maxTokens: 40, temperature: 0, stop }))
      const whole = (await ask([]))[0]!.completions[0]!
      expect(whole.trimStart()).to.equal(texts[0]!.slice(FORWARD[0]![0].length + 1))
      // A line that ends within the thought does not end the answer.
      expect((await ask(['\n']))[0]!.completions).to.deep.equal([whole])
    } finally {
      await model.close()
    }

    const { evaluations } = await runJson<EvalRunResult>(
      ...['eval:run', '--model-id', `gguf:${output}`, '--threads', '1', '--dataset-name', join(home, 'tiny')],
      ...['--split', 'p2d_prompts_test'],
    )
    const [{ status, splits, directory }] = evaluations as [EvalRunResult['evaluations'][0]]
    expect(status).to.equal('complete')
    expect(splits[0]!.metrics.prefix_accuracy).to.equal(1)
    const lines = (await readFile(join(directory, 'samples.jsonl'), 'utf8')).trimEnd().split('\n')
    const endings = lines.map((line) => JSON.parse(line).endings)
    expect(endings).to.deep.equal(endings.map(() => [{ reason: 'stop', reasoning: 'Who is it?' }]))
  })

  it('writes a folder for other formats, named after the run', async () => {
    const cwd = process.cwd()
    process.chdir(home)
    try {
      const { output, run_id } = await runJson<RunsExportResult>('runs:export', 'tiny-1', '--format', 'onnx')
      expect({ output, run_id }).to.deep.equal({
        output: join(process.cwd(), 'tiny-1-onnx'),
        run_id: 'tiny-1',
      })
      expect(await readdir(output)).to.include.members(['config.json', 'onnx', 'tokenizer.json'])
    } finally {
      process.chdir(cwd)
    }
  })

  it('refuses a hosted run, and one without a model', async () => {
    await recordTinyRun(home, { id: 'far-1', provider: 'openai' })
    await recordTinyRun(home, { id: 'bare-1' })
    const far = await runCommand('runs:export', 'far-1')
    expect(far.error?.message).to.equal(
      'The weights of far-1 are at openai and cannot be exported from here.',
    )
    expect(far.error?.oclif?.exit).to.equal(EXIT.usage)
    const bare = await runCommand('runs:export', 'bare-1')
    expect(bare.error?.message).to.match(/^There is no model in /)
  })

  it('says how to add the package that runs GGUF files where it is missing', async () => {
    const output = join(home, 'lonely.gguf')
    await runJson('runs:export', 'tiny-1', '--output', output)
    const hide = `import { registerHooks } from 'node:module'
      registerHooks({ resolve: (name, context, next) => next(name === 'node-llama-cpp' ? 'node-llama-gone' : name, context) })`
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        ...['--import', `data:text/javascript,${encodeURIComponent(hide)}`, DEV, 'eval:run'],
        ...['--model-id', `gguf:${output}`, '--dataset-name', join(home, 'tiny'), '--json'],
      ],
      { encoding: 'utf8' },
    )
    expect(status).to.equal(EXIT.usage)
    const { error } = JSON.parse(stdout)
    expect(error.code).to.equal('GGUF_PACKAGE_MISSING')
    expect(error.suggestions[0]).to.include('npm install --global --ignore-scripts node-llama-cpp')
  })
})
