import { cp, mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readPretrained } from '../../../../src/lib/engine/pretrained/read-pretrained.ts'
import { writeSafetensors } from '../../../../src/lib/engine/safetensors.ts'
import { failure } from '../../../helpers/failure.ts'
import { FIXTURES } from './fixtures.ts'

type Json = Record<string, unknown>

describe('a model that cannot be used', () => {
  let folder: string
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'reversal-bad-')), 'model')
    await cp(join(FIXTURES, 'qwen2'), folder, { recursive: true })
  })
  afterEach(() => rm(join(folder, '..'), { recursive: true }))

  const change = async (file: string, edit: (json: Json) => Json) => {
    const path = join(folder, file)
    await writeFile(path, JSON.stringify(edit(JSON.parse(await readFile(path, 'utf8')))))
  }
  const refusal = async (path = folder) => {
    const { message, exit } = await failure(readPretrained(path))
    expect(exit).to.equal(2)
    expect(message, 'one sentence').to.match(/^[^\n]+[^.\n]\.$/)
    return message
  }
  const weights = () => join(folder, 'model.safetensors')

  it('is not there', async () => {
    expect(await refusal('/nowhere/model')).to.equal('There is no model at /nowhere/model.')
    await rm(join(folder, 'config.json'))
    expect(await refusal()).to.match(/holds no model: there is no config\.json in it\.$/)
  })

  it('is half a file, none of the format, or lacks one', async () => {
    await truncate(weights(), 20_000)
    expect(await refusal()).to.match(/model\.safetensors is damaged: it ends after 20000 of \d+ bytes\.$/)
    await truncate(weights(), 4)
    expect(await refusal()).to.match(/its header is cut off\.$/)
    await writeFile(weights(), 'version https://git-lfs.github.com/spec/v1\n')
    expect(await refusal()).to.match(/model\.safetensors is damaged: its header is cut off\.$/)
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(4n)
    await writeFile(weights(), Buffer.concat([length, Buffer.from('no{}')]))
    expect(await refusal()).to.match(/model\.safetensors is not a safetensors file\.$/)
    await rm(join(folder, 'tokenizer.json'))
    await cp(join(FIXTURES, 'qwen2', 'model.safetensors'), weights())
    expect(await refusal()).to.match(/tokenizer\.json, a part of the model, is missing\.$/)
    await rm(weights())
    expect(await refusal()).to.match(/^There is no model\.safetensors in /)
  })

  it('lacks a shard', async () => {
    await cp(join(FIXTURES, 'llama'), folder, { recursive: true })
    await rm(weights())
    await rm(join(folder, 'model-00002-of-00003.safetensors'))
    expect(await refusal()).to.match(/model-00002-of-00003\.safetensors, a part of the model, is missing\.$/)
    await writeFile(join(folder, 'model.safetensors.index.json'), '{"weight_map": {"a": "../../etc/passwd"}}')
    expect(await refusal()).to.match(/does not name the file of each weight\.$/)
  })

  it('is a pickle file', async () => {
    await rename(weights(), join(folder, 'pytorch_model.bin'))
    expect(await refusal()).to.match(
      /pickle file \(pytorch_model\.bin\), which can run code: convert it to safetensors first\.$/,
    )
    expect(await refusal(join(folder, 'pytorch_model.bin'))).to.match(
      /pytorch_model\.bin is a pickle file, which can run code: convert it to safetensors first\.$/,
    )
    expect(await refusal(join(FIXTURES, 'qwen2', 'model.safetensors'))).to.match(
      /model\.safetensors is a part of a model: use the folder that it is in\.$/,
    )
  })

  it('is of another kind', async () => {
    const edits: [Json, RegExp][] = [
      [
        { model_type: 'gemma3_text' },
        /a model of type "gemma3_text", and the engine knows llama, qwen2, qwen3, gpt2\.$/,
      ],
      [{ hidden_act: 'gelu' }, /asks for hidden_act "gelu", which the engine does not know\.$/],
      [{ quantization_config: { bits: 4 } }, /asks for quantization_config/],
      [{ use_sliding_window: true }, /asks for use_sliding_window true/],
      [
        { rope_parameters: { rope_type: 'yarn', factor: 4 } },
        /scales its positions in the way "yarn", and the engine knows llama3\.$/,
      ],
      [{ rope_parameters: undefined, rope_scaling: { type: 'linear', factor: 2 } }, /in the way "linear"/],
    ]
    for (const [edit, message] of edits) {
      await change('config.json', (json) => ({ ...json, ...edit }))
      expect(await refusal()).to.match(message)
      await cp(join(FIXTURES, 'qwen2', 'config.json'), join(folder, 'config.json'))
    }
  })

  it('has a configuration that its weights do not fit', async () => {
    await change('config.json', (json) => ({ ...json, intermediate_size: 48 }))
    expect(await refusal()).to.match(
      /the weight model\.layers\.0\.mlp\.gate_proj\.weight has the shape \[40,32\], and the configuration asks for \[48,32\]\.$/,
    )
    await change('config.json', (json) => ({ ...json, intermediate_size: 40, num_hidden_layers: 3 }))
    expect(await refusal()).to.match(/the weight model\.layers\.2\.input_layernorm\.weight is missing\.$/)
    await change('config.json', ({ hidden_size: _, ...json }) => json)
    expect(await refusal()).to.match(/hidden_size is missing, not a positive number\.$/)
    await writeFile(join(folder, 'config.json'), '{"model_type": ')
    expect(await refusal()).to.match(/config\.json is damaged: it is not JSON\.$/)
  })

  it('has a tokenizer that does not fit', async () => {
    await cp(join(FIXTURES, 'tinyllama-tokenizer', 'tokenizer.json'), join(folder, 'tokenizer.json'))
    expect(await refusal()).to.match(
      /its tokenizer does not fit: it has \d+ tokens, and the model's .* has 288\.$/,
    )
    await change('tokenizer.json', () => ({ model: { type: 'Riddle' } }))
    expect(await refusal()).to.match(/its tokenizer is of an unknown kind/)
  })

  it('is an adapter of a kind that is not known, or of another model', async () => {
    const adapter = join(folder, 'adapter')
    const base = async () => folder
    const path = join(adapter, 'adapter_config.json')
    const json = JSON.parse(await readFile(path, 'utf8'))
    const message = async (edit: Json) => {
      await writeFile(path, JSON.stringify({ ...json, ...edit }))
      return (await failure(readPretrained(adapter, { findBase: base }))).message
    }
    expect(await message({ use_dora: true })).to.match(
      /asks for use_dora true, which the engine does not know\.$/,
    )
    expect(await message({ peft_type: 'IA3' })).to.match(/asks for peft_type "IA3"/)
    expect(await message({ modules_to_save: ['lm_head'] })).to.match(/asks for modules_to_save/)
    expect(await message({ target_modules: ['q_proj'] })).to.match(/belongs to no layer of the model\.$/)
    await writeFile(path, JSON.stringify(json))
    const other = join(FIXTURES, 'qwen3')
    expect((await failure(readPretrained(adapter, { findBase: async () => other }))).message).to.match(
      /has the shape/,
    )
  })

  it('holds numbers of a type that is not known', async () => {
    await writeSafetensors(
      weights(),
      new Map([['model.embed_tokens.weight', { shape: [288, 32], data: new Float32Array(288 * 32) }]]),
      {},
    )
    const bytes = await readFile(weights())
    await writeFile(weights(), Buffer.from(bytes.toString('latin1').replace('"F32"', '"I32"'), 'latin1'))
    expect(await refusal()).to.match(/has the type I32, and the engine reads F32, F16 and BF16\.$/)
  })
})
