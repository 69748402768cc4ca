/**
 * Stands in for a Python with TRL: answers probe.py, and trains as train.py does, in the same files and words, as they
 * were recorded of trl 1.16.0; answers requests as score.py does, with the number of each prompt. It learns nothing; the loss of step n is 1 / n, and the model is that it began from.
 * `behaviour.json` beside it says what else happens.
 */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { FakeBehaviour } from './fake-python.ts'

type Json = Record<string, unknown>

const CODES = { succeeded: 0, interrupted: 143, failed: 1 }
const PYTHON = process.argv[2]!
const HERE = dirname(PYTHON)
const DISK = '/disk-of-the-cluster'
const behaviour: FakeBehaviour = existsSync(join(HERE, 'behaviour.json'))
  ? JSON.parse(readFileSync(join(HERE, 'behaviour.json'), 'utf8'))
  : {}
const argv = process.argv.slice(3)
const place = argv.findIndex((text) => text.endsWith('.py'))
const script = basename(argv[place] ?? '')
if (script === 'probe.py') probe(argv[place + 1])
else if (script === 'launch.py') process.exit(await launch(argv[place + 1]!, argv.slice(place + 2)))
else if (script === 'train.py') process.exit(await train(argv[place + 1]!, Number(argv[place + 2])))
else if (script === 'score.py') process.exit(await score(argv[place + 1]!))
else process.exit(2)

function probe(path: string | undefined): void {
  const versions = { torch: '2.15.0', transformers: '5.24.0', trl: '1.16.0', peft: '0.21.2' }
  const packages = { ...versions, accelerate: '1.15.0', datasets: '5.2.0', ...behaviour.packages }
  const told = {
    python: '3.11.7',
    executable: PYTHON,
    packages,
    gpus: 0,
    bf16: true,
    gpu_bytes: null,
  }
  const seen = path !== undefined && { seen: existsSync(onDisk(path)) }
  console.log(JSON.stringify({ ...told, ...seen, ...behaviour.machine }))
}

/** The path on this machine of a path on the cluster's disk. */
function onDisk(path: string): string {
  const { FAKE_DISK = DISK } = process.env
  return path.startsWith(DISK) ? path.replace(DISK, FAKE_DISK) : path
}

async function launch(folder: string, [, own, first, attempt]: string[]): Promise<number> {
  const place = onDisk(folder)
  mkdirSync(place, { recursive: true })
  for (const name of readdirSync('.')) cpSync(name, join(place, name))
  process.on('SIGTERM', () => writeFileSync(join(place, 'stop'), ''))
  return own === 'score.py' ? score(onDisk(first!)) : train(onDisk(first!), Number(attempt))
}

async function train(configFile: string, attempt: number): Promise<number> {
  const folder = dirname(configFile)
  const config = JSON.parse(readFileSync(configFile, 'utf8'))
  const events = join(folder, 'events.jsonl')
  writeFileSync(join(folder, 'environment.txt'), Object.keys(process.env).join('\n'))
  appendFileSync(join(folder, 'starts.txt'), `${process.pid} ${attempt} ${argv.slice(0, place).join(' ')}\n`)
  const tell = (type: string, fields: Json, data: Json = {}) => {
    const n = existsSync(events) ? readFileSync(events, 'utf8').split('\n').length - 1 : 0
    const event = { at: new Date().toISOString(), type, ...fields, data: { attempt, n, ...data } }
    appendFileSync(events, `${JSON.stringify(event)}\n`)
    console.log(`@reversal ${JSON.stringify(event)}`)
  }
  const finish = (status: keyof typeof CODES, fields: Json) => {
    const result = { status, attempt, ...fields }
    tell('status', { message: status }, { result })
    const file = join(folder, 'result.json')
    writeFileSync(`${file}.tmp`, `${JSON.stringify(result, null, 2)}\n`)
    renameSync(`${file}.tmp`, file)
    return CODES[status]
  }
  rmSync(join(folder, 'result.json'), { force: true })
  tell('status', { message: 'starting' })
  const { failure, silent } = behaviour
  if (silent !== undefined) {
    console.error(silent)
    return 3
  }
  if (failure !== undefined) return finish('failed', { ...failure, step: 0 })
  const examples = readFileSync(join(folder, config.training_file), 'utf8').trim().split('\n').length
  const steps = Math.ceil(examples / config.batch_size) * config.epochs
  const checkpoints = join(folder, 'checkpoints')
  mkdirSync(checkpoints, { recursive: true })
  const save = (step: number) => {
    mkdirSync(join(checkpoints, `checkpoint-${step}`), { recursive: true })
    writeFileSync(join(checkpoints, `checkpoint-${step}`, 'complete'), String(10 * step))
    tell('checkpoint', { step, message: `checkpoint-${step}` })
  }
  const isStopped = () => existsSync(join(folder, 'stop'))
  const saved = Math.max(0, ...readdirSync(checkpoints).map((name) => Number(name.split('-')[1])))
  const told = (step: number) => ({
    step,
    total_steps: steps,
    loss: 1 / step,
    tokens: 10 * step,
    peak_memory_bytes: null,
  })
  tell('status', { message: 'running' }, { total_steps: steps })
  for (let step = saved + 1; step <= steps; step++) {
    await setTimeout(behaviour.stepMs ?? 0)
    const speed = { tokens: 10 * step, learning_rate: config.learning_rate, tokens_per_second: 100 }
    tell('step', { step, loss: 1 / step, ...speed }, { grad_norm: 1, memory_bytes: null })
    if (step % config.checkpoint_every === 0) save(step)
    if (attempt === 1 && step === behaviour.diesAt) process.kill(process.pid, 'SIGKILL')
    while (step === behaviour.holdsAt && !isStopped()) await setTimeout(10)
    if (!isStopped() || step === steps) continue
    save(step)
    return finish('interrupted', told(step))
  }
  cpSync(config.model, join(folder, 'model'), { recursive: true })
  rmSync(checkpoints, { recursive: true })
  return finish('succeeded', told(steps))
}

async function score(folder: string): Promise<number> {
  const { failure } = behaviour
  if (failure !== undefined) {
    writeFileSync(join(folder, 'result.json'), JSON.stringify({ status: 'failed', attempt: 1, ...failure }))
    return 1
  }
  mkdirSync(join(folder, 'answers'), { recursive: true })
  const answered = new Set<string>()
  for (; !existsSync(join(folder, 'stop')); await setTimeout(10)) {
    const fresh = readdirSync(join(folder, 'requests')).filter(
      (name) => /^\d+\.json$/.test(name) && !answered.has(name),
    )
    for (const name of fresh.sort()) {
      const { prompts, requests } = JSON.parse(readFileSync(join(folder, 'requests', name), 'utf8'))
      const lines: Json[] = (prompts ?? requests).map((asked: { targets?: string[] }, index: number) =>
        asked.targets === undefined
          ? { index, completions: [` ${index}\nand more`] }
          : { index, scores: asked.targets.map(({ length }) => ({ logprob: -length, tokens: 1 })) },
      )
      const text = [...lines.reverse(), { done: true }].map((line) => `${JSON.stringify(line)}\n`).join('')
      writeFileSync(join(folder, 'answers', name.replace('.json', '.jsonl')), text)
      answered.add(name)
    }
  }
  return 0
}
