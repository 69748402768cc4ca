import { expect } from 'chai'
import { OpenAI, toFile } from 'openai'
import { eventually } from '../helpers/eventually.ts'
import { failure } from '../helpers/failure.ts'
import { hasSpecification } from '../helpers/fake-openai/conformity.ts'
import type { FakeOpenAIOptions } from '../helpers/fake-openai/server.ts'
import { FakeOpenAI } from '../helpers/fake-openai/server.ts'
import { spawnFakeOpenAI } from '../helpers/fake-openai/spawn.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'

/** The helper that the other tests lean on. */
describe('the fake server', () => {
  const clientOf = (baseURL: string) => new OpenAI({ apiKey: 'none', baseURL, maxRetries: 0 })

  async function upload(client: OpenAI, purpose: 'fine-tune' | 'batch', records: readonly unknown[]) {
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('')
    return client.files.create({ purpose, file: await toFile(Buffer.from(text), 'records.jsonl') })
  }

  async function fineTune(options: FakeOpenAIOptions['jobs'] = {}) {
    const fake = await FakeOpenAI.start({ jobs: options })
    const client = clientOf(fake.url)
    const { id: training_file } = await upload(client, 'fine-tune', Array(20).fill({ messages: [] }))
    const hyperparameters = { n_epochs: 4, batch_size: 8 }
    const job = await client.fineTuning.jobs.create({
      model: MODEL,
      training_file,
      suffix: 'mine',
      metadata: { key: 'k1' },
      method: { type: 'supervised', supervised: { hyperparameters } },
    })
    return { fake, client, job }
  }

  it('takes a job through its life, with events, checkpoints, a model and a result file', async () => {
    const { fake, client, job } = await fineTune()
    await using _fake = fake
    const statuses = [job.status as string]
    const current = await eventually('the end of the job', async () => {
      const seen = await client.fineTuning.jobs.retrieve(job.id)
      statuses.push(seen.status)
      return seen.status === 'succeeded' && seen
    })
    expect(statuses).to.deep.equal(['validating_files', 'queued', 'running', 'running', 'succeeded'])
    expect(current.fine_tuned_model).to.match(/^ft:gpt-4\.1-mini-2025-04-14:fake:mine:/)
    expect((await client.models.retrieve(current.fine_tuned_model!)).id).to.equal(current.fine_tuned_model)
    const events = []
    for await (const event of client.fineTuning.jobs.listEvents(job.id, { limit: 3 })) events.push(event)
    expect(events.filter(({ type }) => type === 'metrics')).to.have.length(10)
    expect(events[0]?.message).to.match(/successfully completed/)
    const checkpoints = await client.fineTuning.jobs.checkpoints.list(job.id)
    expect(checkpoints.data.map(({ step_number }) => step_number)).to.deep.equal([10, 8, 5])
    const results = await client.files.content(current.result_files[0]!)
    expect(await results.text()).to.match(/^step,train_loss,train_accuracy\n1,2,0\.5\n/)
  })

  it('fails, pauses and cancels jobs, and finds them by their metadata', async () => {
    const { fake, client, job } = await fineTune({ failure: { code: 'bad_file', message: 'No.' } })
    await using _fake = fake
    await client.fineTuning.jobs.pause(job.id)
    expect((await client.fineTuning.jobs.retrieve(job.id)).status).to.equal('paused')
    await client.fineTuning.jobs.resume(job.id)
    const failed = async () => (await client.fineTuning.jobs.retrieve(job.id)).status === 'failed'
    await eventually('the failure of the job', failed)
    const found = await client.fineTuning.jobs.list({ metadata: { key: 'k1' } })
    expect(found.data[0]?.error).to.deep.equal({ code: 'bad_file', message: 'No.', param: null })
    expect((await client.fineTuning.jobs.list({ metadata: { key: 'k2' } })).data).to.deep.equal([])
    expect((await failure(client.fineTuning.jobs.cancel(job.id))).message).to.match(/has already failed/)
  })

  it('runs in a process of its own', async () => {
    using fake = await spawnFakeOpenAI({ models: { other: null } })
    const { data } = await clientOf(fake.url).models.list()
    expect(data.map(({ id }) => id)).to.deep.equal(['other'])
  })

  it('holds requests to OpenAI’s description of the API', async function () {
    if (!hasSpecification) {
      console.log('      skipped: ../shared/specs/openai-subset.openapi.json is not there')
      this.skip()
    }
    const fake = await FakeOpenAI.start()
    await clientOf(fake.url).chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: 'x' }],
      temperature: 3,
    })
    expect((await failure(fake.stop())).message).to.match(/POST \/chat\/completions: .*temperature/)
  })
})
