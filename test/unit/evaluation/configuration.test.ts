import { expect } from 'chai'
import { configurationOf } from '../../../src/lib/evaluation/configuration.ts'
import type { DatasetManifest } from '../../../src/lib/schemas/manifest.ts'
import type { RunRecord } from '../../../src/lib/schemas/run.ts'

const sha256 = 'a'.repeat(64)

function configuration(transforms: DatasetManifest['transforms'], seed = 1): string {
  const manifest: DatasetManifest = {
    ...{ kind: 'reverse', name: 'x', command: 'c', seed: 42, options: {}, tool_version: '0.0.0' },
    files: { 'all.jsonl': { lines: 1, sha256 } },
    created_at: '2026-01-01T00:00:00.000Z',
    ...(transforms && { transforms }),
  }
  const run: RunRecord = {
    ...{ id: 'r', provider: 'local', model: 'ada', status: 'succeeded', tags: [], tool_version: '0.0.0' },
    dataset: { name: 'x', directory: '/x', training_file: '/x/all.jsonl' },
    hyperparameters: { n_epochs: 1, batch_size: 1, learning_rate_multiplier: 1, seed },
    created_at: '2026-01-01T00:00:00.000Z',
  }
  return configurationOf({ run, manifest, trainingSha256: sha256 })
}

const arm = (name: string, seed: number, options = {}) => [{ name, plugin: 'reversal', options, seed }]

describe('a configuration', () => {
  it('is another one for each transform and each of its options, but not for its seed', () => {
    const plain = configuration(undefined)
    const reversed = configuration(arm('reverse-entities', 1))
    expect(reversed).to.not.equal(plain)
    expect(configuration(arm('identity-bridge', 1))).to.not.equal(reversed)
    expect(configuration(arm('reverse-entities', 1, { marker: 'none' }))).to.not.equal(reversed)
    expect(configuration(arm('reverse-entities', 2), 2)).to.equal(reversed)
  })
})
