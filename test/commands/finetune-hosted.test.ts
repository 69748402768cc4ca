import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { watchVisibly } from '../../src/cli/flows/watch-visibly.ts'
import type { BaseCommand } from '../../src/cli/shell/base-command.ts'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { FinetuneStartResult } from '../../src/commands/finetune/start.ts'
import type { RunsListResult } from '../../src/commands/runs/list.ts'
import type { RunsShowResult } from '../../src/commands/runs/show.ts'
import { builtInExtensions } from '../../src/lib/extensions/built-in.ts'
import { openProvider } from '../../src/lib/finetuning/open-provider.ts'
import { refreshRuns } from '../../src/lib/finetuning/refresh-runs.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { EXIT, InterruptedError } from '../../src/lib/support/errors.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { failure } from '../helpers/failure.ts'
import { ApiError } from '../helpers/fake-openai/api-error.ts'
import { JobStore } from '../helpers/fake-openai/jobs.ts'
import type { FakeOpenAIOptions, ReceivedRequest } from '../helpers/fake-openai/server.ts'
import { FakeOpenAI } from '../helpers/fake-openai/server.ts'
import { EXAMPLES, writeHostedDataset } from '../helpers/hosted-dataset.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { runCommand, runInTerminal, runJson } from '../helpers/run-command.ts'
import { FORWARD } from '../helpers/tiny-dataset.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const KEY = 'sk-test-0123456789'
const ENVIRONMENT = ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_ORG_ID', 'OPENAI_PROJECT_ID']

/** Fine-tuned models know each name's description; nobody else knows anything. */
const facts = new Map(FORWARD)
const language = {
  answer: (prompt: string, { model }: { model: string }) =>
    (model.startsWith('ft:') ? facts.get(prompt) : undefined) ?? ' Nobody.',
}

const { providers } = builtInExtensions()

describe('fine-tuning of hosted models', () => {
  const folder = inOwnFolder('finetune-hosted-', { each: true })
  let dataset: string
  let store: RunStore
  let fake: FakeOpenAI

  beforeEach(async () => {
    dataset = join(folder(), 'tiny')
    await writeHostedDataset(dataset)
    process.env.OPENAI_API_KEY = KEY
    store = new RunStore(join(folder(), 'home'))
  })
  afterEach(async () => {
    for (const name of ENVIRONMENT) delete process.env[name]
    await fake?.stop()
  })

  /** Start the fake, which is then the server that commands speak to. */
  async function serve(options: FakeOpenAIOptions = {}) {
    fake = await FakeOpenAI.start({ apiKey: KEY, language, ...options })
    process.env.OPENAI_BASE_URL = fake.url
  }

  const flags = (...more: string[]) => [
    ...['--provider', 'openai', '--dataset_name', dataset],
    ...(more.includes('--model-name') ? [] : ['--model_name', MODEL]),
    ...more,
  ]
  const start = (...more: string[]) =>
    runJson<FinetuneStartResult>('finetune:start', ...flags('--yes', ...more))
  const watch = (id: string) => runJson<{ run: RunRecord }>('finetune:watch', id, '--every', '0.01')
  const list = (...argv: string[]) => runJson<RunsListResult>('runs:list', ...argv)
  const posts = (path: string) =>
    fake.requests.filter((request) => request.method === 'POST' && request.path === path)
  const jobs = () => fake.jobs.list(new URLSearchParams())

  it('goes the way of the original’s commands: start, list, watch, tag, evaluate by tag', async () => {
    await serve()
    const { runs } = await start(
      ...['--learning_rate_multiplier', '0.2', '--batch_size', '4', '--n_epochs', '2'],
      ...['--num_finetunes', '3'],
    )
    expect(runs.map(({ status }) => status)).to.deep.equal(Array(3).fill('queued'))
    const listed = await runCommand('runs:list', '--filter', 'gpt-4.1-mini')
    expect(listed.stdout).to.match(
      /^ft-\w{8} +openai\/gpt-4\.1-mini-2025-04-14 +tiny +2 +~\$0\.01 +just now/m,
    )
    for (const { id } of runs) {
      const { stdout, stderr } = await runCommand('finetune:watch', id, '--every', '0.01')
      expect(stderr).to.match(/^\d{4}-\d\d-\d\d \d\d:\d\d {2}Created fine-tuning job: ftjob-\d$/m)
      expect(stderr).to.match(/^Training ft-\w{8}: 6\/6, loss 0\.817$/m)
      expect(stdout).to.match(/^ft-\w{8}: succeeded\. The model is ft:gpt-4\.1-mini-2025-04-14:fake:/)
      await runJson('runs:tag', id, 'eval')
    }
    const evaluated = await runJson<EvalRunResult>('eval:run', '--tag', 'eval')
    expect(evaluated.evaluations.map(({ run_id }) => run_id)).to.have.members(runs.map(({ id }) => id))
    const { stdout } = await runCommand('runs:list', '--tag', 'eval')
    expect(stdout).to.match(
      /^run +model +tags +data set +epochs +tokens +cost +created +status +same +reverse$/m,
    )
    const rows = stdout.match(
      /^ft-\w{8} +ft:gpt-4\.1-mini\S+ +eval +tiny +2 +1\.\d+K +\$0\.01 .*succeeded +\d+\.\d % +\d+\.\d %$/gm,
    )
    expect(rows).to.have.length(3)
  })

  describe('finetune:start', () => {
    it('creates one job per run with all settings, and records it', async () => {
      await serve()
      const { runs, estimate } = await start(
        ...['--num-finetunes', '2', '--seed', '7', '--suffix', 'mine', '--tag', 'eval', '--n-epochs', '3'],
        ...['--organization', 'org-1', '--project', 'proj-1', '--system', 'Be brief.'],
        ...['--wandb-project', 'curse', '--wandb-entity', 'us'],
      )
      const bodies = posts('/fine_tuning/jobs').map(({ body }) => body as Record<string, unknown>)
      expect(bodies).to.deep.equal(
        runs.map(({ id }, index) => ({
          model: MODEL,
          training_file: 'file-1',
          validation_file: 'file-2',
          suffix: 'mine',
          seed: 7 + index,
          method: {
            type: 'supervised',
            supervised: { hyperparameters: { n_epochs: 3, batch_size: 16, learning_rate_multiplier: 0.2 } },
          },
          metadata: { reversal_run: id },
          integrations: [{ type: 'wandb', wandb: { project: 'curse', entity: 'us', name: id } }],
        })),
      )
      expect(posts('/fine_tuning/jobs')[0]?.headers).to.include({
        'openai-organization': 'org-1',
        'openai-project': 'proj-1',
      })
      const [run] = runs as [RunRecord]
      expect(run).to.deep.include({
        provider: 'openai',
        model: MODEL,
        status: 'queued',
        server_status: 'validating_files',
        tags: ['eval'],
        cost_usd: estimate.costUsd,
        cost_is_estimate: true,
        server: { base_url: fake.url, organization: 'org-1', project: 'proj-1' },
      })
      expect(run.dataset).to.include({ n_train: EXAMPLES, n_valid: 3, api: 'chat', system: 'Be brief.' })
      expect(run.remote).to.include({ id: 'ftjob-1', object: 'fine_tuning.job' })
      expect(await store.get(run.id)).to.deep.equal(run)
      expect(JSON.stringify(run)).not.to.include(KEY)
    })

    it('sends prompts and completions as chats, once for all runs and times', async () => {
      await serve()
      await start('--num-finetunes', '2', '--system', 'Be brief.')
      expect(posts('/files').map(({ filename }) => filename)).to.have.length(2)
      expect(posts('/files')[0]?.filename).to.match(/^tiny-[0-9a-f]{8}\.jsonl$/)
      const [first, ...others] = fake.files.lines<{ messages: unknown[] }>('file-1')
      expect(others).to.have.length(EXAMPLES - 1)
      expect(first?.messages).to.deep.equal([
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: '(0) Ada Holm is' },
        { role: 'assistant', content: 'the first sailor on Mars.' },
      ])
      await start('--system', 'Be brief.')
      expect(posts('/files')).to.have.length(2)
      await start()
      expect(posts('/files')).to.have.length(4)
    })

    it('sends a file again that the server has lost', async () => {
      await serve()
      const [first] = (await start()).runs
      fake.files.delete('file-1')
      const [second] = (await start()).runs
      expect(posts('/files')).to.have.length(3)
      expect([first?.remote, second?.remote].map((job) => job?.training_file)).to.deep.equal([
        'file-1',
        'file-3',
      ])
    })

    it('leaves the records as they are for models that complete plain text', async () => {
      await serve({ models: { 'davinci-002': null } })
      const { runs } = await start('--model-name', 'davinci-002')
      expect(fake.files.content('file-1')).to.equal(
        (await readFile(join(dataset, 'all.jsonl'), 'utf8'))
          .replaceAll('": "', '":"')
          .replaceAll(', "', ',"'),
      )
      expect(runs[0]?.dataset.api).to.equal('completions')
    })

    it('tells the cost, the date of the prices and the days that are left before it asks', async () => {
      await serve()
      const { stderr, error } = await runCommand('finetune:start', ...flags('--num-finetunes', '3'))
      expect(stderr).to.match(
        /^gpt-4\.1-mini-2025-04-14 on tiny: 10 epochs, batch size 16, .* seeds 42 to 44$/m,
      )
      expect(stderr).to.match(
        /^12 examples, \d+ tokens per epoch, 8 steps, about \$0\.0\d each, \$0\.\d\d in all$/m,
      )
      expect(stderr).to.match(/^Prices of 2026-10 \(.+\): \$5\.00 for 1,000,000 trained tokens\.$/m)
      expect(stderr).to.match(
        /^Warning: gpt-4\.1-mini-2025-04-14 (will be|was) shut down on 2027-01-14.* \(source: http:.*\)\.$/m,
      )
      expect(error?.message).to.match(
        /^Start 3 fine-tunes for about \$0\.0\d\? Without a terminal, use --yes/,
      )
      expect(error?.oclif?.exit).to.equal(EXIT.usage)
      expect(await store.list()).to.deep.equal([])
      expect(fake.requests.filter(({ method }) => method === 'POST')).to.deep.equal([])
    })

    it('breaks the lines of an estimate at words where the terminal is narrow', async () => {
      await serve()
      const { stderr } = await runInTerminal(60, 'finetune:start', ...flags('--dry-run'))
      expect(Math.max(...stderr.split('\n').map(({ length }) => length))).to.be.at.most(60)
    })

    it('counts tokens as the cookbook does and multiplies them with the user’s own price', async () => {
      await serve({ models: { mine: null } })
      const prices = {
        date: '2026-12-01',
        source: 'our contract',
        models: { mine: { fine_tuned: { training: 2 } } },
      }
      await writeFile('prices.json', JSON.stringify(prices))
      await writeFile('ten.jsonl', '{"prompt": "2 + 2 = 4", "completion": " 2 + 2 = 4"}\n'.repeat(10))
      const { estimate } = await start(
        ...['--dry-run', '--model-name', 'mine', '--training-file', 'ten.jsonl', '--n-epochs', '5'],
        ...['--prices', 'prices.json'],
      )
      // 3 an example, 3 a message, 1 a role, 7 for each text.
      const tokens = 10 * (3 + 2 * (3 + 1 + 7))
      expect(estimate).to.include({
        tokensPerEpoch: tokens,
        tokens: 5 * tokens,
        costUsd: (5 * tokens * 2) / 1e6,
      })
      expect(estimate.costBasis).to.equal(
        'Prices of 2026-12-01 (our contract): $2.00 for 1,000,000 trained tokens.',
      )
    })

    it('says plainly that it does not know the cost', async () => {
      await serve({ models: { 'my-model': null } })
      const { stderr, error } = await runCommand('finetune:start', ...flags('--model-name', 'my-model'))
      expect(stderr).to.match(
        /^The cost is unknown: the prices of 2026-10 \(.+\) have no training price for my-model\.$/m,
      )
      expect(error?.message).to.match(/^Start the fine-tune at an unknown cost\?/)
    })

    it('stays until the end with --follow', async () => {
      await serve({ jobs: { stages: ['queued', 'succeeded'] } })
      const { stdout } = await runCommand('finetune:start', ...flags('--yes', '--follow'))
      expect(stdout).to.match(
        /^Started ft-\w{8}: gpt-4\.1-mini-2025-04-14, job ftjob-1 at http:\S+, queued \(validating_files\)\.$/m,
      )
      expect(stdout).to.match(/^ft-\w{8}: succeeded\./m)
    })

    it('takes the v1 URL of Azure', async () => {
      await serve()
      process.env.OPENAI_BASE_URL = fake.url.replace('/v1', '/openai/v1/')
      const { runs } = await start()
      expect(runs[0]?.server?.base_url).to.equal(fake.url.replace('/v1', '/openai/v1'))
      expect((await watch(runs[0]!.id)).run.status).to.equal('succeeded')
    })

    describe('refuses with one sentence, and records no run:', () => {
      afterEach(async () => {
        expect(await store.list()).to.deep.equal([])
        if (fake !== undefined) expect(jobs()).to.deep.equal([])
      })
      async function refuse(...more: string[]) {
        const { error, stderr, stdout } = await runCommand('finetune:start', ...flags('--yes', ...more))
        const suggestions = (error as { suggestions?: string[] }).suggestions ?? []
        expect([error?.message, stderr, stdout, ...suggestions].join()).not.to.include(KEY)
        return { message: error?.message, exit: error?.oclif?.exit, suggestions }
      }

      it('a wrong key, and none', async () => {
        await serve({ apiKey: 'sk-other-0123456789' })
        expect(await refuse()).to.deep.include({
          message: `${fake.url} refuses the key in OPENAI_API_KEY: Incorrect API key provided: (key).`,
          exit: EXIT.usage,
        })
        delete process.env.OPENAI_API_KEY
        process.env.OPENAI_BASE_URL = ''
        expect((await refuse()).message).to.equal(
          'OPENAI_API_KEY is not set, and api.openai.com needs a key.',
        )
      })

      it('a wrong URL, and one behind which something else is', async () => {
        await serve({ intercept: () => 'Welcome!' })
        expect((await refuse()).message).to.equal(
          `${fake.url} does not answer as OpenAI’s API does: it answers with text that is not JSON.`,
        )
        expect((await refuse('--base-url', fake.url.replace('/v1', '/v2'))).message).to.match(
          /^http:\/\/127\.0\.0\.1:\d+\/v2 does not know this model or address \(404\): Invalid URL/,
        )
        expect((await refuse('--base-url', 'http://127.0.0.1:9/v1')).message).to.match(
          /^Cannot reach http:\/\/127\.0\.0\.1:9\/v1: /,
        )
      })

      it('a model that does not exist, with those like it', async () => {
        await serve()
        expect(await refuse('--model-name', 'gpt-4.1-mini')).to.deep.equal({
          message: `${fake.url} has no model gpt-4.1-mini.`,
          exit: EXIT.usage,
          suggestions: [`did you mean ${MODEL}?`],
        })
      })

      it('a server that runs models and fine-tunes none', async () => {
        const lists = ({ method, path }: ReceivedRequest) => {
          if (method === 'GET' && path === '/models') return undefined
          throw new ApiError(404, 'Not Found', { body: { detail: 'Not Found' } })
        }
        await serve({ intercept: lists })
        expect((await refuse()).message).to.equal(`${fake.url} has no API for fine-tuning.`)
        expect((await refuse('--model-name', 'gpt-4.1-mini')).message).to.equal(
          `${fake.url} has no model gpt-4.1-mini.`,
        )
      })

      it('a model that may not be fine-tuned', async () => {
        const message = 'Model gpt-6-luna is not available for fine-tuning or does not exist.'
        await serve({ models: { 'gpt-6-luna': null }, jobs: { refusal: { status: 400, message } } })
        const refused = await refuse('--model-name', 'gpt-6-luna', '--num-finetunes', '3')
        expect(refused).to.include({
          message: `${fake.url} refuses the request (400): ${message}`,
          exit: EXIT.usage,
        })
        expect(refused.suggestions[0]).to.match(
          /^OpenAI’s models that can be fine-tuned: gpt-4\.1-2025-04-14, /,
        )
      })

      it('an organization that the platform blocks', async () => {
        const message = 'Your organization is not allowed to create fine-tuning jobs.'
        await serve({ jobs: { refusal: { status: 403, message } } })
        const refused = await refuse('--num-finetunes', '3')
        expect(refused).to.include({
          message: `${fake.url} denies this account access (403): ${message}`,
          exit: EXIT.failed,
        })
        expect(refused.suggestions[0]).to.match(/^In 2026 OpenAI closed fine-tuning .* ends on 2027-01-06$/)
        expect(posts('/fine_tuning/jobs')).to.have.length(1)
      })

      it('too few examples, none to learn from, and records of another kind', async () => {
        await serve()
        const contents = {
          '{"prompt": "a", "completion": " b"}\n':
            'bad.jsonl holds 1 example: hosted models need 10 or more.',
          '{"prompt": "a", "completion": " "}\n': 'bad.jsonl:1 is invalid: it has nothing to learn.',
          '{"messages": [{"role": "user", "content": "a"}]}\n':
            'bad.jsonl:1 is invalid: "messages" must contain at least 1 valid item(s).',
          '{"text": "a"}\n': 'bad.jsonl:1 is invalid: "prompt" is missing.',
        }
        for (const [content, message] of Object.entries(contents)) {
          await writeFile('bad.jsonl', content)
          const refused = await refuse('--training-file', 'bad.jsonl')
          expect(refused).to.deep.include({ message: join(process.cwd(), message), exit: EXIT.usage })
        }
      })

      it('hyperparameters that are out of range', async () => {
        await serve()
        expect((await refuse('--n-epochs', '51')).message).to.equal(
          '--n-epochs 51 is invalid: hosted models accept whole numbers from 1 to 50.',
        )
        expect((await refuse('--batch-size', '257')).message).to.match(/^--batch-size 257 is invalid/)
        expect((await refuse('--seed', '-1')).message).to.match(/^--seed -1 is invalid/)
        expect((await refuse('--dropout', '0.1')).message).to.match(/^Hosted models have no dropout/)
      })

      it('a message of the system where it would add nothing', async () => {
        await serve({ models: { 'davinci-002': null, [MODEL]: null } })
        expect((await refuse('--model-name', 'davinci-002', '--system', 'x')).message).to.match(
          / completes plain text, which has no system message/,
        )
        const chat = {
          messages: [
            { role: 'user', content: 'a' },
            { role: 'assistant', content: 'b' },
          ],
        }
        await writeFile('chats.jsonl', `${JSON.stringify(chat)}\n`.repeat(10))
        expect((await refuse('--training-file', 'chats.jsonl', '--system', 'x')).message).to.match(
          /chats\.jsonl already holds chats, which --system does not change: leave it out\.$/,
        )
        const plain = await refuse('--training-file', 'chats.jsonl', '--model-name', 'davinci-002')
        expect(plain.message).to.match(/chats\.jsonl:1 is invalid: "messages" are for chat models/)
      })

      it('flags of hosted models for local ones', async () => {
        await serve()
        const { error } = await runCommand('finetune:start', '--dataset-name', dataset, '--system', 'x')
        expect(error?.message).to.equal('--system does not apply to local: use it with --provider openai.')
        expect((await refuse('--wandb-entity', 'us')).message).to.match(
          /^--wandb-entity also needs --wandb-project/,
        )
      })
    })

    it('keeps runs that the server has no money or time for, and sends them later', async () => {
      let refusing = true
      const refusal = { status: 429, message: 'You exceeded your current quota.', code: 'insufficient_quota' }
      await serve({
        jobs: {
          get refusal() {
            return refusing ? refusal : undefined!
          },
        },
      })
      const { error } = await runCommand('finetune:start', ...flags('--yes', '--num-finetunes', '2'))
      const ids = (await store.list()).map(({ id }) => id)
      expect(error?.message).to.match(/ stops here: the quota is used up: You exceeded your current quota\.$/)
      const { suggestions = [] } = error as { suggestions?: string[] }
      expect(suggestions[0]).to.match(/^resume: reversal finetune:resume ft-\w{8} ft-\w{8}$/)
      expect((await store.list()).map(({ status }) => status)).to.deep.equal(['interrupted', 'interrupted'])
      const again = await runCommand('finetune:start', ...flags('--dry-run'))
      expect(again.stderr).to.match(
        /^Warning: Such runs were started before and have no known job; reversal finetune:resume /m,
      )
      refusing = false
      const { runs } = await runJson<{ runs: RunRecord[] }>('finetune:resume', ...ids)
      expect(runs.map(({ id }) => id)).to.deep.equal(ids)
      expect(jobs()).to.have.length(2)
    })
  })

  describe('runs:list', () => {
    it('asks the server how runs are that have not ended, and no longer', async () => {
      await serve({ jobs: { stages: ['queued', 'running', 'succeeded'] } })
      const [run] = (await start('--n-epochs', '4', '--batch-size', '4')).runs as [RunRecord]
      const statuses = []
      for (let look = 0; look < 3; look++) statuses.push((await list()).runs[0]?.status)
      expect(statuses.at(-1)).to.equal('succeeded')
      const [ended] = (await list()).runs
      const tokens = fake.jobs.look('ftjob-1').trained_tokens as number
      expect(ended).to.include({
        id: run.id,
        trained_tokens: tokens,
        cost_usd: (tokens * 5) / 1e6,
        cost_is_estimate: false,
      })
      const before = fake.requests.length
      expect((await list()).notes).to.deep.equal([])
      expect(fake.requests).to.have.length(before)
    })

    it('shows how far a run is, and statuses that it does not know', async () => {
      await serve({ jobs: { stages: ['running', 'running', 'pausing', 'paused'] } })
      await start('--n-epochs', '4', '--batch-size', '4')
      expect((await runCommand('runs:list')).stdout).to.match(/ running 100 %$/m)
      const { stdout } = await runCommand('runs:list', '--csv')
      expect(stdout).to.match(/,seed,trained_tokens,cost_usd,.*\n.*,42,,0\.\d+,.*,paus(ing|ed),,,$/m)
      expect((await runCommand('runs:list', '--status', 'paused')).stdout).to.match(/ paused$/m)
    })

    it('lists what is known, and says in one line why it asked nobody', async () => {
      await serve()
      await start('--num-finetunes', '2')
      await fake.stop()
      const { stdout, stderr } = await runCommand('runs:list')
      expect(stdout.match(/validating_files/g)).to.have.length(2)
      expect(stderr).to.match(
        /^The status of ft-\w{8}, ft-\w{8} is unknown: Cannot reach http:\S+: nothing listens there\.\n$/,
      )
      delete process.env.OPENAI_BASE_URL
      expect((await list()).notes).to.deep.equal([
        `The status of ${(await store.list()).map(({ id }) => id).join(', ')} is unknown: The server of the run is ${fake.url}, not https://api.openai.com/v1: use --base-url ${fake.url}.`,
      ])
      delete process.env.OPENAI_API_KEY
      expect((await list()).notes[0]).to.match(
        /: OPENAI_API_KEY is not set, and api\.openai\.com needs a key\.$/,
      )
      expect((await list('--no-remote')).notes).to.deep.equal([])
    })

    it('leaves alone the runs of providers that it does not know', async () => {
      await serve()
      const [run] = (await start()).runs as [RunRecord]
      await store.save({ ...run, id: 'other-1', provider: 'other' })
      await store.delete(run.id)
      expect(await list()).to.deep.include({ notes: [] })
    })

    it('says where the server does not answer, after a while', async () => {
      await serve()
      const [run] = (await start()).runs as [RunRecord]
      fake.options.intercept = () => new Promise(() => {})
      const notes = await refreshRuns({
        ...{
          store,
          providers: async () => providers,
          toolVersion: '0',
          timeoutMs: 100,
          signal: new AbortController().signal,
        },
        ...{ server: { baseUrl: fake.url }, discover: {} },
      })
      expect(notes).to.deep.equal([
        `The status of ${run.id} is unknown: there was no answer within 0.1 s.`,
        'Other jobs cannot be listed: there was no answer within 0.1 s.',
      ])
    })

    it('takes a job for that of a run only where it is of the same server', async () => {
      await serve({ jobs: { stages: ['succeeded'] } })
      const [run] = (await start()).runs as [RunRecord]
      const elsewhere = { ...run.server!, base_url: 'http://127.0.0.1:9/v1' }
      const adopted = { ...run, id: 'ftjob-1', server: elsewhere }
      await store.save(adopted)
      await store.delete(run.id)
      fake.jobs.look('ftjob-1')
      await store.update('ftjob-1', (current) => ({ ...current, remote: { ...run.remote, metadata: {} } }))
      await list('--remote')
      expect((await store.get('ftjob-1')).status).to.equal(run.status)
      expect((await store.get(run.id)).status).to.equal('succeeded')
    })

    it('takes in jobs that were started elsewhere, of the days that it lists', async () => {
      await serve()
      fake.files.add({ filename: 'x.jsonl', purpose: 'fine-tune', content: '{}\n', now: 0 })
      const elsewhere = { model: MODEL, training_file: 'file-1' }
      fake.jobs.create(elsewhere, Date.now() - 5 * 24 * 3_600_000)
      const [own] = (await start()).runs as [RunRecord]
      await store.delete(own.id)
      fake.jobs.create(elsewhere, Date.now())
      const unsettled = { ...fake.jobs.create(elsewhere, Date.now()) }
      fake.options.intercept = ({ path, query }) =>
        path === '/fine_tuning/jobs' && query.get('after') === null
          ? {
              object: 'list',
              data: [{ ...unsettled, hyperparameters: { n_epochs: 'auto' } }],
              has_more: true,
            }
          : undefined
      expect((await list()).runs).to.deep.equal([])
      const { runs, notes } = await list('--remote')
      expect(notes).to.deep.equal(['Left out, as the server gives no hyperparameters for them (yet): 1.'])
      expect(runs.map(({ id }) => id)).to.have.members([own.id, 'ftjob-3'])
      expect(runs.find(({ id }) => id === 'ftjob-3')).to.deep.include({
        dataset: { name: 'file-1', training_file: 'file-1' },
        hyperparameters: { n_epochs: 3, batch_size: 1, learning_rate_multiplier: 2, seed: 0 },
        tags: [],
      })
      await runJson('runs:tag', 'ftjob-3', 'eval')
      expect((await list('--remote', '--tag', 'eval')).runs.map(({ id }) => id)).to.deep.equal(['ftjob-3'])
    })
  })

  describe('eval:report', () => {
    /** The words of a command line as a shell takes it apart. */
    const words = (line: string) =>
      execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
        .split('\0')
        .slice(1, -1)

    const variants = {
      'as the model’s name suggests': { teach: [], ask: [] },
      'taught with a message of the system': { teach: ['--system', 'Be brief; it’s $HOME.'], ask: [] },
      'taught plain text': { teach: ['--api', 'completions'], ask: ['--split', 'd2p_prompts_test'] },
      'asked otherwise than it was taught': {
        teach: ['--suffix', 'own', '--organization', 'org-1'],
        ask: ['--api', 'completions', '--parameters', '{"top_p": 0.5}', '--max-samples', '2', '--rank-all'],
      },
    }
    for (const [what, { teach, ask }] of Object.entries(variants)) {
      it(`prints commands that make the same evaluation again: ${what}`, async () => {
        // Jobs end at once, as nobody is to wait for the next look.
        const jobs = { stages: ['succeeded'] }
        await serve({ jobs })
        delete process.env.OPENAI_BASE_URL
        const there = ['--base-url', fake.url]
        await start(...teach, ...there, '--follow', '--n-epochs', '2', '--tag', 'mine')
        const first = await runJson<EvalRunResult>('eval:run', '--tag', 'mine', ...ask, ...there)
        const { stdout } = await runCommand('eval:report', '--tag', 'mine')
        const commands = stdout.match(/^ +reversal (finetune:start|eval:run) .*$/gm) ?? []
        expect(commands).to.have.length(2)

        process.env.REVERSAL_HOME = join(folder(), 'another home')
        process.env.REVERSAL_CACHE_DIR = join(folder(), 'another cache')
        // Its jobs are counted from 1 again, so that the model gets the same name.
        Object.assign(fake, { jobs: new JobStore(fake.files, fake.models, jobs) })
        const [training, evaluating] = commands.map(words) as [string[], string[]]
        await runJson(...(training as [string]), '--yes')
        const again = await runJson<EvalRunResult>(...(evaluating as [string]))
        expect(again.evaluations.map(({ id }) => id)).to.deep.equal(first.evaluations.map(({ id }) => id))
        expect(again.evaluations[0]).to.deep.include({
          status: 'complete',
          address: first.evaluations[0]?.address,
        })
        const [before, after] = posts('/fine_tuning/jobs').map(({ body }) => {
          const { metadata: _run, ...asked } = body as { metadata: object; training_file: string }
          return { ...asked, training_file: fake.files.content(asked.training_file) }
        })
        const without = (job: object | undefined) => ({ ...job, validation_file: undefined })
        expect(without(after)).to.deep.equal(without(before))
      })
    }
  })

  describe('runs:show', () => {
    /** A run that has succeeded, of which nothing but its record is known. */
    async function succeeded(options: FakeOpenAIOptions['jobs'] = {}) {
      await serve({ jobs: { stages: ['succeeded'], ...options } })
      const [run] = (await start('--n-epochs', '4', '--batch-size', '4')).runs as [RunRecord]
      return run.id
    }

    for (const base64Results of [false, true]) {
      it(`shows events, checkpoints and losses${base64Results ? ', also where they come as base64' : ''}`, async () => {
        const id = await succeeded({ base64Results })
        const { stdout } = await runCommand('runs:show', id)
        expect(stdout).to.match(/^job +ftjob-1 at http:\S+$/m)
        expect(stdout).to.match(/^cost +\$0\.0\d, at \$5\.00 for 1,000,000 tokens \(prices of 2026-10\)$/m)
        expect(stdout).to.match(/^loss +█\S+ {2}2\.000 → 0\.577$/m)
        expect(stdout).to.match(/^\S+ \S+ {2}The job has successfully completed$/m)
        expect(stdout).to.match(/^checkpoint after step 12: ft:\S+:ckpt-step-12, loss 0\.577$/m)
        const before = fake.requests.length
        const shown = await runJson<RunsShowResult>('runs:show', id)
        expect(fake.requests).to.have.length(before)
        expect(shown.results).to.have.length(12)
        expect(shown.results?.[0]).to.deep.equal({ step: 1, train_loss: 2, train_accuracy: 0.5 })
        expect(shown.events.filter(({ type }) => type === 'checkpoint')).to.have.length(3)
      })
    }

    it('tells the end of a run whose result file is gone, and that the file is', async () => {
      const id = await succeeded({ withoutResults: true })
      const { stdout, stderr, error } = await runCommand('finetune:watch', id, '--every', '0.01')
      expect(error).to.equal(undefined)
      expect(stdout).to.match(/^ft-\w{8}: succeeded\. The model is ft:/)
      expect(stderr).to.match(
        /The result file file-3 of ft-\w{8} cannot be fetched: .*No such File object: file-3\.$/m,
      )
      expect((await runCommand('runs:show', id)).stderr).to.match(
        /^The result file file-3 of .* cannot be fetched/,
      )
    })

    it('shows losses on the validation file', async () => {
      const id = await succeeded({ stages: ['queued', 'running', 'running'] })
      await runCommand('runs:show', id)
      const { stdout } = await runCommand('runs:show', id)
      expect(stdout).to.match(/^validation +█\S+ {2}2\.155 → 1\.577$/m)
    })

    it('shows the loss on the whole validation file at a checkpoint, as the events do', async () => {
      await serve({ jobs: { stages: ['succeeded'] } })
      const [run] = (await start()).runs as [RunRecord]
      const metrics = { step: 3, train_loss: 0.5, valid_loss: 1.25, full_valid_loss: 1.5 }
      const checkpoint = {
        id: 'c',
        created_at: 0,
        fine_tuned_model_checkpoint: 'ft:x',
        step_number: 3,
        metrics,
      }
      fake.options.intercept = ({ path }) =>
        path.endsWith('/checkpoints') ? { object: 'list', data: [checkpoint], has_more: false } : undefined
      const { stdout } = await runCommand('runs:show', run.id)
      expect(stdout).to.include('checkpoint after step 3: ft:x, loss 0.500, validation 1.500\n')
    })

    it('says where a result file is cut off, and shows the losses before that', async () => {
      const id = await succeeded({ truncatedResults: true })
      const { stdout, stderr } = await runCommand('runs:show', id)
      expect(stderr).to.equal(`The result file file-3 of ${id} is cut off in line 13.\n`)
      expect(stdout).to.match(/^loss +█\S+ {2}2\.000 → 0\.603$/m)
      expect((await store.get(id)).collected_at).to.equal(undefined)
    })

    it('shows why a job failed', async () => {
      const id = await succeeded({ failure: { code: 'invalid_training_file', message: 'Line 3 is bad.' } })
      const { stdout } = await runCommand('runs:show', id)
      expect(stdout).to.match(/^status +failed: Line 3 is bad\.$/m)
      expect((await store.get(id)).cost_usd).to.equal(null)
    })
  })

  describe('finetune:cancel, finetune:resume and runs:delete', () => {
    it('cancel a job, and nothing that has ended', async () => {
      await serve()
      const [run] = (await start()).runs as [RunRecord]
      const refused = await runCommand('runs:delete', run.id, '--yes')
      expect(refused.error?.message).to.match(/^The run ft-\w{8} is queued: stop it first\.$/)
      expect((await runCommand('finetune:cancel', run.id)).stdout).to.equal(`Cancelled ${run.id}.\n`)
      expect(jobs()[0]?.status).to.equal('cancelled')
      expect(await store.get(run.id)).to.include({ status: 'cancelled', cost_usd: null })
      const again = await runCommand('finetune:cancel', run.id)
      expect(again.error?.message).to.equal(
        `The run ${run.id} has ended (cancelled): there is nothing to cancel.`,
      )
      expect((await runCommand('finetune:resume', run.id)).error?.message).to.equal(
        `The run ${run.id} has ended (cancelled): there is nothing to resume.`,
      )
    })

    it('take runs of one provider at a time', async () => {
      await serve()
      const [run] = (await start()).runs as [RunRecord]
      await store.save({ ...run, id: 'ft-local', provider: 'local' })
      const { error } = await runCommand('finetune:resume', run.id, 'ft-local')
      expect(error?.message).to.equal(
        'These runs have different providers (openai, local): resume them one by one.',
      )
    })

    it('let a paused job go on, and no other', async () => {
      await serve()
      const [run] = (await start()).runs as [RunRecord]
      const { error } = await runCommand('finetune:resume', run.id)
      expect(error?.message).to.match(
        /^The run ft-\w{8} is on its server \(queued\): there is nothing to resume\.$/,
      )
      fake.jobs.control('ftjob-1', 'pause')
      const { stdout } = await runCommand('finetune:resume', run.id)
      expect(stdout).to.match(/^Started ft-\w{8}: .*, running\.$/m)
    })

    it('send no key to a server that only the record names', async () => {
      await serve()
      const [run] = (await start()).runs as [RunRecord]
      await store.update(run.id, (current) => ({
        ...current,
        server: { ...current.server!, base_url: 'http://127.0.0.1:9/v1' },
      }))
      const before = fake.requests.length
      for (const command of ['finetune:watch', 'finetune:cancel', 'finetune:resume']) {
        const { error } = await runCommand(command, run.id)
        expect(error?.message).to.equal(
          `The server of the run is http://127.0.0.1:9/v1, not ${fake.url}: use --base-url http://127.0.0.1:9/v1.`,
        )
      }
      expect(fake.requests).to.have.length(before)
    })
  })

  it('finetune:watch says, when it is interrupted, that the run goes on', async () => {
    await serve({ jobs: { stages: ['running'] } })
    const [run] = (await start()).runs as [RunRecord]
    const command = { jsonEnabled: () => true } as BaseCommand
    const server = { apiKey: KEY, baseUrl: fake.url }
    await using provider = await openProvider(providers.get('openai'), {
      ...{ store, server, pollMs: 10_000, toolVersion: '0' },
    })
    const stop = new AbortController()
    const watch = watchVisibly(command, { store, provider, run, signal: stop.signal })
    stop.abort(new InterruptedError())
    const { exit, suggestions } = await failure(watch)
    expect(exit).to.equal(EXIT.interrupted)
    expect(suggestions).to.deep.equal([
      `the run continues; to watch it again: reversal finetune:watch ${run.id}`,
    ])
  })

  it('finetune:watch leaves exit code 1 where the run fails', async () => {
    await serve({ jobs: { failure: { code: 'bad_file', message: 'The file is bad.' } } })
    const [run] = (await start()).runs as [RunRecord]
    const said: string[] = []
    const command = { jsonEnabled: () => true, log: (text: string) => said.push(text) }
    const server = { apiKey: KEY, baseUrl: fake.url }
    await using provider = await openProvider(providers.get('openai'), {
      ...{ store, server, pollMs: 1, toolVersion: '0' },
    })
    const { signal } = new AbortController()
    await watchVisibly(command as unknown as BaseCommand, { store, provider, run, signal })
    const { exitCode } = process
    process.exitCode = undefined
    expect(said).to.deep.equal([`${run.id}: failed: The file is bad.`])
    expect(exitCode).to.equal(EXIT.failed)
  })

  describe('finetune:estimate', () => {
    it('works without a key, with the announced dates', async () => {
      for (const name of ENVIRONMENT) delete process.env[name]
      const { stdout, error } = await runCommand('finetune:estimate', ...flags())
      expect(error).to.equal(undefined)
      expect(stdout).to.match(/steps, about \$0\.0\d$/m)
      expect(stdout).to.match(/^Warning: The server was not asked about \S+: OPENAI_API_KEY is not set/m)
      expect(stdout).to.match(
        /^Warning: \S+ (will be|was) shut down on 2027-01-14.*\(source: OpenAI’s list of 2026-11-13\)/m,
      )
      expect(stdout).to.match(/^Warning: OpenAI (ends|has ended) fine-tuning: (from|since) 2027-01-06/m)
    })
  })

  it('evaluates a run with the message of the system that it was taught with', async () => {
    await serve({ jobs: { stages: ['succeeded'] } })
    const [run] = (await start('--system', 'Be brief.')).runs as [RunRecord]
    await runJson('eval:run', run.id)
    const asked = fake.answered.map(({ messages }) => messages?.[0])
    expect(asked).to.deep.include({ role: 'system', content: 'Be brief.' })
    expect(asked.map((message) => message?.role)).not.to.include('user')
  })
})
