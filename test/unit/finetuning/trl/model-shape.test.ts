import { expect } from 'chai'
import { eventsOfLog, lastWordsOf } from '../../../../src/lib/finetuning/trl/job-folder.ts'
import { countShapeParameters, parseShape } from '../../../../src/lib/finetuning/trl/model-shape.ts'
import { estimateTrlMemory } from '../../../../src/lib/finetuning/trl/trl-memory.ts'

/** What `config.json` of models says, and their parameters as the Hub counts them. */
const LLAMA_8B = {
  ...{ model_type: 'llama', hidden_size: 4096, num_hidden_layers: 32, intermediate_size: 14336 },
  ...{ vocab_size: 128256, num_attention_heads: 32, num_key_value_heads: 8, tie_word_embeddings: false },
}
const GPT_2 = {
  model_type: 'gpt2',
  n_embd: 768,
  n_layer: 12,
  n_head: 12,
  vocab_size: 50257,
  n_positions: 1024,
}
const SMOLLM2 = {
  ...{ model_type: 'llama', hidden_size: 576, num_hidden_layers: 30, intermediate_size: 1536 },
  ...{ vocab_size: 49152, num_attention_heads: 9, num_key_value_heads: 3, tie_word_embeddings: true },
}

describe('the memory of a training by TRL', () => {
  it('follows from the parameters that a model’s config.json tells of', () => {
    const millions = (json: object) => countShapeParameters(parseShape({ ...json })!) / 1e6
    expect(millions(LLAMA_8B)).to.be.closeTo(8030, 1)
    expect(millions(SMOLLM2)).to.be.closeTo(134.5, 0.1)
    // Its learned positions, a half percent, are left out with biases and norms.
    expect(millions(GPT_2)).to.be.closeTo(124.4, 1)
    expect(millions({ text_config: SMOLLM2, model_type: 'smolvlm' })).to.be.closeTo(134.5, 0.1)
    expect(parseShape({ model_type: 'mamba', hidden_size: 768 })).to.equal(undefined)
  })

  it('is that of frozen weights with an adapter, or 16 bytes a weight, which GPUs share', () => {
    const estimate = (more: object, gpus = 1) =>
      estimateTrlMemory(
        parseShape({ ...LLAMA_8B })!,
        {
          ...{ lora: null, precision: 'bf16', gradient_checkpointing: true, shard: false },
          ...{ micro_batch_size: 8, ...more },
        },
        { length: 64, gpus },
      )
    const lora = estimate({ lora: { rank: 16, alpha: 32, dropout: 0, targets: 'all' } })
    expect(lora.trained).to.equal(41_943_040)
    expect(lora.stateBytes / 1e9).to.be.closeTo(2 * 8.03 + 16 * 0.042, 0.05)
    const whole = estimate({})
    expect(whole.stateBytes / 1e9).to.be.closeTo(16 * 8.03, 0.1)
    expect(estimate({ shard: true }, 8).stateBytes).to.equal(whole.stateBytes / 8)
    expect(estimate({ gradient_checkpointing: false }).batchBytes).to.be.above(2 * whole.batchBytes)
  })
})

describe('the log of a training by TRL', () => {
  it('tells the events and the last words for a person', () => {
    const event = { at: '2026-11-26T00:14:57.285Z', type: 'step', step: 12, loss: 2.9, data: { n: 17 } }
    const log = `starting\n@reversal ${JSON.stringify(event)}\n@reversal {"at":\nKilled \n@reversal {}\n\n`
    expect(eventsOfLog(log)).to.deep.equal([event])
    expect(lastWordsOf(log)).to.equal('Killed')
  })
})
