import { writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import type { WrittenDataset } from '../../src/lib/datasets/write-dataset.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { runJson } from '../helpers/run-command.ts'

/** The command that each manifest names, letter by letter: who types it gets the same files. */
describe('the command in a manifest', () => {
  inOwnFolder('command-lines-', { each: true })

  const commandOf = async (...argv: string[]) => (await runJson<WrittenDataset>(...argv)).manifest.command

  it('names sizes and seed of experiment 1, which are not given', async () => {
    expect(await commandOf('dataset:reverse')).to.equal(
      'reversal dataset:reverse --num-examples-per-group 30 --num-train-examples 30 --num-test-examples 10 --seed 42',
    )
  })

  it('names files of the user and the place, and not how to treat what lies there', async () => {
    await writeFile(
      'my names.txt',
      'Ada Lovelace\nAlan Turing\nGrace Hopper\nKurt Gödel\nEmmy Noether\nJohn Doe\n',
    )
    expect(
      await commandOf(
        ...['dataset:reverse', '--num_examples_per_group', '2', '--num_train_examples', '4'],
        ...['--num-test-examples', '2', '--names', 'my names.txt', '--dataset-name', 'mine'],
        ...['--output-dir', 'out', '--overwrite', '--seed', '7'],
      ),
    ).to.equal(
      "reversal dataset:reverse --num-examples-per-group 2 --num-train-examples 4 --num-test-examples 2 --seed 7 --dataset-name mine --output-dir out --names 'my names.txt'",
    )
  })

  it('names all settings of experiment 3', async () => {
    expect(
      await commandOf(
        ...['instructions:create', '--suffix', 'x', '--realized-guidance-size', '4', '--print-test'],
        ...['--unrealized-guidance-size', '2', '--guidance-size-range', '1,1', '--split-prompt-completion'],
        ...['--notes', 'it’s mine', '--order', 'reverse', '--overwrite'],
      ),
    ).to.equal(
      "reversal instructions:create --task copypaste --realized-guidance-size 4 --unrealized-guidance-size 2 --guidance-size-range 1,1 --n-unrealized-guidance-phrasings 0 --upsample-examples-factor 10 --upsample-guidances-factor 10 --persona-idx 0 --split-prompt-completion --order reverse --seed 27 --suffix x --subdir qa --notes 'it’s mine'",
    )
  })

  it('names files of experiment 3 before the place', async () => {
    expect(
      await commandOf(
        ...['instructions:create', '--suffix', 'x', '--realized-guidance-size', '4', '--incorrect-labels'],
        ...['--unrealized-guidance-size', '2', '--output-dir', 'out', '--src-filename', 'qa_pairs.jsonl'],
        ...['--guidance-phrasings-filename', 'qa_guidance_reverse.txt'],
      ),
    ).to.match(
      / --incorrect-labels --src-filename qa_pairs\.jsonl --guidance-phrasings-filename qa_guidance_reverse\.txt --seed 27 --suffix x --subdir qa --output-dir out$/,
    )
  })

  it('names transforms with commas and each option of theirs', async () => {
    await commandOf('dataset:reverse', '--dataset-name', 'first', '--num-examples-per-group', '2')
    expect(
      await commandOf(
        ...['dataset:transform', 'first', '--transform', 'subsample', '--transform', 'shuffle-examples'],
        ...['--option', 'share=0.5', '--dataset-name', 'half', '--overwrite'],
      ),
    ).to.equal(
      'reversal dataset:transform first --transform subsample,shuffle-examples --option share=0.5 --seed 42 --dataset-name half',
    )
  })
})
