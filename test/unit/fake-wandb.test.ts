import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { FAKE_KEY, FakeWandb } from '../helpers/fake-wandb/server.ts'

/** What W&B's client (wandb-core 0.31.0) asks when it makes a run, resumes it and reads it. */
const ASKED: Record<string, string> = {
  Viewer: 'query Viewer { viewer { id entity username email flags teams { edges { node { name } } } } }',
  ServerFeaturesQuery: 'query ServerFeaturesQuery { serverInfo { features { name isEnabled } } }',
  UpsertBucket: `mutation UpsertBucket ($id: String, $name: String, $project: String, $entity: String, $groupName: String, $description: String, $displayName: String, $notes: String, $commit: String, $config: JSONString, $host: String, $debug: Boolean, $program: String, $repo: String, $jobType: String, $state: String, $sweep: String, $tags: [String!], $summaryMetrics: JSONString) {
    upsertBucket(input: {id:$id,name:$name,groupName:$groupName,modelName:$project,entityName:$entity,description:$description,displayName:$displayName,notes:$notes,config:$config,commit:$commit,host:$host,debug:$debug,jobProgram:$program,jobRepo:$repo,jobType:$jobType,state:$state,sweep:$sweep,tags:$tags,summaryMetrics:$summaryMetrics}) {
      bucket { id name displayName description config sweepName project { id name entity { id name } } historyLineCount }
      inserted
    }
  }`,
  RunResumeStatus: `query RunResumeStatus ($project: String, $entity: String, $name: String!) {
    model(name: $project, entityName: $entity) {
      id name entity { id name }
      bucket(name: $name, missingOk: true) {
        id name summaryMetrics displayName logLineCount historyLineCount eventsLineCount historyTail eventsTail config tags notes wandbConfig(keys: ["t"])
      }
    }
  }`,
  HistoryPage: `query HistoryPage ($entity: String!, $project: String!, $run: String!, $minStep: Int64!, $maxStep: Int64!, $pageSize: Int!) {
    project(name: $project, entityName: $entity) { run(name: $run) { history(minStep: $minStep, maxStep: $maxStep, samples: $pageSize) } }
  }`,
}

describe('the fake of W&B', () => {
  let fake: FakeWandb

  beforeEach(async () => {
    fake = await new FakeWandb().start()
  })
  afterEach(() => fake.stop())

  async function post(path: string, body: object): Promise<{ data: never; errors?: unknown }> {
    const authorization = `Basic ${Buffer.from(`api:${FAKE_KEY}`).toString('base64')}`
    const response = await fetch(fake.url + path, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return response.json() as never
  }

  const ask = (name: string, variables: object = {}) =>
    post('/graphql', { operationName: name, query: ASKED[name], variables })

  it('answers what W&B’s own client asks, with the user’s entity where none is named', async () => {
    const place = { project: 'reversal', entity: null, name: 'r1' }
    expect(await ask('Viewer')).to.have.nested.property('data.viewer.entity', 'ada')
    expect(await ask('ServerFeaturesQuery')).to.not.have.property('errors')
    expect(await ask('RunResumeStatus', place)).to.have.nested.property('data.model', null)
    const config = JSON.stringify({ _wandb: { value: { t: { 1: [1] }, x: 2 } }, lr: { value: 0.1 } })
    const made = await ask('UpsertBucket', { ...place, config, program: 'train.py', host: 'here' })
    expect(made).to.have.nested.property('data.upsertBucket.inserted', true)
    const lines = [0, 1, 2].map((step) => JSON.stringify({ _step: step, loss: 1 / (step + 1) }))
    await post('/files/ada/reversal/r1/file_stream', {
      files: {
        'wandb-history.jsonl': { offset: 0, content: lines },
        'wandb-events.jsonl': { offset: 0, content: ['{"system.cpu": 1}'] },
      },
    })
    const resumed = await ask('RunResumeStatus', place)
    expect(resumed)
      .to.have.nested.property('data.model.bucket')
      .that.includes({
        historyLineCount: 3,
        eventsLineCount: 1,
        historyTail: JSON.stringify(lines.slice(-1)),
        wandbConfig: '{"t":{"1":[1]}}',
      })
    const page = { entity: 'ada', project: 'reversal', run: 'r1', minStep: 1, maxStep: 3, pageSize: 10 }
    const history = await ask('HistoryPage', page)
    expect(history).to.have.nested.property('data.project.run.history').that.deep.equals(lines.slice(1))
    const { data } = made as unknown as { data: { upsertBucket: { bucket: { id: string } } } }
    const again = await ask('UpsertBucket', { id: data.upsertBucket.bucket.id, tags: ['b'] })
    expect(again).to.have.nested.property('data.upsertBucket.inserted', false)
    expect(fake.run('r1').tags).to.deep.equal(['b'])
    expect(fake.violations).to.deep.equal([])
  })

  it('serves W&B’s own Python client, where that is installed', async function () {
    const python = process.env.PYTHON_WITH_WANDB ?? 'python3'
    if (spawnSync(python, ['-c', 'import wandb']).status !== 0) {
      console.log('      skipped: the Python package wandb is not here')
      this.skip()
    }
    const folder = await mkdtemp(join(tmpdir(), 'reversal-wandb-'))
    try {
      const script = fileURLToPath(new URL('../fixtures/wandb/client.py', import.meta.url))
      const env = { ...process.env, WANDB_BASE_URL: fake.url, WANDB_API_KEY: FAKE_KEY, HOME: folder }
      const child = spawn(python, [script, folder], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      const ended = once(child, 'close')
      const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
      expect(await ended, errors).to.deep.equal([0, null])
      const told = JSON.parse(output.trim().split('\n').at(-1)!)
      const losses = [1, 1 / 2, 1 / 3]
      expect(told).to.deep.equal({ state: 'finished', config: { lr: 0.1 }, losses, tagged: ['by-python'] })
      const run = fake.run('by-python')
      expect(run.history.map((line) => JSON.parse(line!).loss)).to.deep.equal([...losses, 0.1])
      expect(fake.violations).to.deep.equal([])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
