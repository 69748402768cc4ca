import { existsSync } from 'node:fs'
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { DatasetValidation } from '../../src/lib/datasets/validate-dataset.ts'
import type { WrittenDataset } from '../../src/lib/datasets/write-dataset.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'

const PUBLISHED = fileURLToPath(new URL('../../../shared/published/reverse_experiments/', import.meta.url))
const SMALL = ['--num_examples_per_group', '3', '--num_train_examples', '4', '--num_test_examples', '2']

/** Exit code and sentence of a command that fails. */
async function failureOf(...argv: string[]) {
  const { error } = await runCommand(...argv)
  return { message: error?.message, exit: error?.oclif?.exit }
}

describe('dataset', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dataset-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const make = (...argv: string[]) =>
    runJson<WrittenDataset>('dataset:reverse', ...SMALL, '--output-dir', folder, ...argv)

  describe('dataset:reverse', () => {
    it('writes the files of the original and a manifest that describes them', async () => {
      const { directory, manifest } = await make('--dataset_name', 'first')
      expect(directory).to.equal(join(folder, 'first'))
      const names = (await readdir(directory)).filter((name) => name.endsWith('.jsonl'))
      expect(names).to.have.members(Object.keys(manifest.files))
      expect(names).to.have.length(14)
      const train = await readFile(join(directory, 'all_prompts_train.jsonl'), 'utf8')
      expect(train.trimEnd().split('\n')).to.have.length(2 * 3 * 4 + 2 * 3 * 4)
      expect(train).to.match(/^\{"prompt": "[^"]+", "completion": " [^"]+"\}\n/)
      expect(await readFile(join(directory, 'all.jsonl'), 'utf8')).to.equal(train)
      expect(manifest).to.deep.include({ kind: 'reverse', name: 'first', seed: 42 })
      expect(manifest.command).to.match(/^reversal dataset:reverse --num-examples-per-group 3 /)
    })

    it('makes the same files from the same seed, and others from another', async () => {
      const first = await make('--dataset-name', 'a')
      const second = await make('--dataset-name', 'b')
      const third = await make('--dataset-name', 'c', '--seed', '43')
      expect(second.manifest.files).to.deep.equal(first.manifest.files)
      expect(third.manifest.files).not.to.deep.equal(first.manifest.files)
    })

    it('names a data set after its options and content where no name is given', async () => {
      const outer = process.cwd()
      process.chdir(folder)
      const written = runJson<WrittenDataset>('dataset:reverse', ...SMALL)
      const { name, directory } = await written.finally(() => process.chdir(outer))
      expect(name).to.match(/^n3_train4_test2_seed42_[0-9a-f]{10}$/)
      expect(directory).to.match(new RegExp(`data/reverse_experiments/${name}$`))
    })

    it('leaves an equal data set unchanged, and replaces another only when asked to', async () => {
      await make('--dataset-name', 'x')
      expect((await make('--dataset-name', 'x')).unchanged).to.equal(true)
      const other = [
        'dataset:reverse',
        ...SMALL,
        '--output-dir',
        folder,
        '--dataset-name',
        'x',
        '--seed',
        '1',
      ]
      const refused = await failureOf(...other)
      expect(refused).to.deep.equal({
        message: `${join(folder, 'x')} already holds another data set.`,
        exit: EXIT.usage,
      })
      const { unchanged, manifest } = await runJson<WrittenDataset>(...other, '--overwrite')
      expect({ unchanged, seed: manifest.seed }).to.deep.equal({ unchanged: false, seed: 1 })
    })

    it('does not take a data set whose files were edited for the one that it writes', async () => {
      await make('--dataset-name', 'x')
      const file = join(folder, 'x/p2d_prompts_test.jsonl')
      const written = await readFile(file, 'utf8')
      await writeFile(file, written.replace('completion": "', 'completion": " not'))
      await rm(join(folder, 'x/validation_prompts.jsonl'))
      const again = ['dataset:reverse', ...SMALL, '--output-dir', folder, '--dataset-name', 'x']
      expect(await failureOf(...again)).to.deep.equal({
        message: `${join(folder, 'x')} holds this data set, but p2d_prompts_test.jsonl, validation_prompts.jsonl have changed since it was written.`,
        exit: EXIT.usage,
      })
      const { unchanged } = await runJson<WrittenDataset>(...again, '--overwrite')
      expect(unchanged).to.equal(false)
      expect(await readFile(file, 'utf8')).to.equal(written)
    })

    it('never replaces anything but a data set', async () => {
      await writeFile(join(folder, 'thesis.txt'), 'mine')
      const { message, exit } = await failureOf('dataset:reverse', '--output-dir', folder, '--overwrite')
      expect(message).to.match(/is not empty and has no manifest\.json: it is not a data set/)
      expect(exit).to.equal(EXIT.usage)
      expect(await readdir(folder)).to.deep.equal(['thesis.txt'])
    })

    it('shows what it wrote', async () => {
      const { stdout } = await runCommand('dataset:reverse', ...SMALL, '--output-dir', folder)
      expect(stdout).to.match(/^Wrote the data set /)
      expect(stdout).to.match(/^p2d_prompts_train\.jsonl +12$/m)
      expect(stdout).to.include('Train on it: reversal finetune:start --dataset-name ')
    })

    it('says how to train on it from here, as a shell takes it', async () => {
      const { stdout } = await runCommand(
        'dataset:reverse',
        ...SMALL,
        '--output-dir',
        join(folder, "Ada's set"),
      )
      expect(stdout).to.match(/^Train on it: reversal finetune:start --dataset-name '[^\n]*Ada'\\''s set'$/m)
    })

    describe('refuses with one sentence and exit 2, and writes nothing:', () => {
      afterEach(async () => expect(await readdir(folder)).to.deep.equal(['names.txt']))
      beforeEach(() => writeFile(join(folder, 'names.txt'), 'Ada Holm\nBo Ek\nAda Holm\n'))

      const refuse = async (...argv: string[]) => {
        const out = ['--output-dir', join(folder, 'out')]
        const { message, exit } = await failureOf('dataset:reverse', ...out, ...argv)
        expect(exit).to.equal(EXIT.usage)
        return message
      }

      it('too few facts', async () => {
        expect(await refuse('--num_examples_per_group', '200')).to.match(
          /^ {2}Three groups of 200 facts need 600 names, but there are \d+\.$/m,
        )
      })
      it('too few templates', async () => {
        expect(await refuse('--num_train_examples', '90')).to.match(
          /^ {2}90 training and 10 test templates are needed/m,
        )
      })
      it('a fact that stands twice', async () => {
        expect(await refuse('--names', join(folder, 'names.txt'))).to.match(
          /names\.txt:\d+ repeats line \d+: Ada Holm$/,
        )
      })
      it('facts of which one would count as another', async () => {
        await mkdir(join(folder, 'x'))
        const file = join(folder, 'x/facts.txt')
        await writeFile(file, 'Ann Lee\nann lee\n\nJoann Leeson\nBo\u00ebl Ek\nBoe\u0308l ek\n')
        expect(await refuse('--names', file)).to.equal(
          [
            'The facts have 3 errors:',
            `${file}:2 repeats line 1 in other letter case: ann lee`,
            `${file}:6 repeats line 5 in other letter case: Boe\u0308l ek`,
            `${file}:1 is part of line 4 (Joann Leeson), which would count as it: Ann Lee`,
          ].join('\n  '),
        )
        await writeFile(file, 'a baker of bread\nThe baker of bread\nthe baker\nthe cook\nbread\n')
        expect(await refuse('--descriptions', file)).to.match(
          /^\S+facts\.txt:3 is the beginning of line 2 \(The baker of bread\), which would count as it: the baker$/,
        )
        await rm(join(folder, 'x'), { recursive: true })
      })
      it('a fact with a placeholder, which would be filled itself', async () => {
        await mkdir(join(folder, 'x'))
        const file = join(folder, 'x/facts.txt')
        await writeFile(file, 'Ada <description>\nBo Ek\n')
        expect(await refuse('--names', file)).to.match(
          /facts\.txt:1 must not contain the placeholder <description>: Ada <description>$/,
        )
        await rm(join(folder, 'x'), { recursive: true })
      })
      it('templates that are both for training and testing, or tell a fact in both orders', async () => {
        await mkdir(join(folder, 'x'))
        const file = join(folder, 'x/templates.txt')
        await writeFile(
          file,
          [
            '<name> is <description>.',
            '<name>, <description>, is <description>.',
            '<name> is <description>, and <description> is <name>.',
            '<name> is  <description>.',
            '<Name> <name> is <description>.',
            '<NAME>, in short, is <description>.',
            '<name> IS <description>.',
          ].join('\n'),
        )
        const rule = 'must have <name> once and then, after one space, <description> once'
        expect(await refuse('--p2d-templates', file)).to.equal(
          [
            'The facts have 6 errors:',
            `${file}:2 ${rule}: <name>, <description>, is <description>.`,
            `${file}:3 ${rule}: <name> is <description>, and <description> is <name>.`,
            `${file}:4 ${rule}: <name> is  <description>.`,
            `${file}:5 ${rule}: <Name> <name> is <description>.`,
            `${file}:6 ${rule}: <NAME>, in short, is <description>.`,
            `${file}:7 repeats line 1 in other letter case: <name> IS <description>.`,
          ].join('\n  '),
        )
        await rm(join(folder, 'x'), { recursive: true })
      })
      it('several faults of several files together', async () => {
        await mkdir(join(folder, 'x'))
        const templates = join(folder, 'x/templates.txt')
        await writeFile(templates, '<name> is <description>.\n<name> alone\n\nneither\n')
        const names = join(folder, 'names.txt')
        expect(
          await refuse('--names', names, '--p2d-templates', templates, '--descriptions', '/no.txt'),
        ).to.equal(
          [
            'The facts have 4 errors:',
            `${names}:3 repeats line 1: Ada Holm`,
            'There is no file /no.txt.',
            `${templates}:2 must have <name> once and then, after one space, <description> once: <name> alone`,
            `${templates}:4 must have <name> once and then, after one space, <description> once: neither`,
          ].join('\n  '),
        )
        await writeFile(templates, 'x\n'.repeat(11))
        expect(await refuse('--p2d-templates', templates)).to.match(
          /^The facts have 11 errors:(?:\n {2}[^\n]*:[1-8] must have [^\n]*){8}\n {2}… and 3 more$/,
        )
        await rm(join(folder, 'x'), { recursive: true })
      })
      it('too few facts and too few templates together', async () => {
        expect(await refuse('--num_examples_per_group', '200', '--num_train_examples', '90')).to.match(
          /^The facts have 4 errors:\n {2}.* need 600 names, .*\n {2}.* 600 descriptions, .*\n {2}90 training .* <name>\.\n {2}90 .* <description>\.$/,
        )
      })
      it('a file that is not there, or is a directory', async () => {
        expect(await refuse('--names', '/nowhere.txt')).to.equal('There is no file /nowhere.txt.')
        expect(await refuse('--descriptions', folder)).to.equal(`${folder} is a directory, not a file.`)
      })
      it('a file that is not text', async () => {
        const binary = fileURLToPath(new URL('../../node_modules/node/bin/node', import.meta.url))
        await mkdir(join(folder, 'x'))
        await writeFile(join(folder, 'x/bad.txt'), (await readFile(binary)).subarray(0, 4096))
        expect(await refuse('--names', join(folder, 'x/bad.txt'))).to.match(/is not UTF-8 text\.$/)
        await rm(join(folder, 'x'), { recursive: true })
      })
      it('a name that leads elsewhere', async () => {
        expect(await refuse('--dataset-name', '../../etc')).to.match(
          /^The name \.\.\/\.\.\/etc is not allowed/,
        )
      })
      it('a group of one fact, which has no incorrect one', async () => {
        expect(await refuse('--num_examples_per_group', '1')).to.match(/ to be an integer of at least 2\.$/)
      })
    })
  })

  describe('dataset:validate', () => {
    const validate = (directory = folder) => runJson<DatasetValidation>('dataset:validate', directory)
    /** Rule, file and line of each error. */
    const errorsOf = ({ findings }: DatasetValidation) =>
      findings
        .filter(({ severity, rule }) => severity === 'error' && rule !== 'manifest')
        .map(({ rule, file, line }) => [rule, file, line])

    beforeEach(() => make())
    const edit = async (name: string, change: (lines: string[]) => string[]) => {
      const file = join(folder, `${name}.jsonl`)
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
      await writeFile(
        file,
        change(lines)
          .map((line) => `${line}\n`)
          .join(''),
      )
    }

    it('finds nothing wrong with what dataset:reverse wrote', async () => {
      const { stdout, error } = await runCommand('dataset:validate', folder)
      expect(error).to.equal(undefined)
      expect(stdout).to.equal('A valid data set of the kind reverse: 0 errors, 0 warnings.\n')
    })

    it('finds a data set by its name', async () => {
      const cwd = process.cwd()
      process.chdir(folder)
      try {
        await runJson<WrittenDataset>('dataset:reverse', ...SMALL, '--dataset-name', 'mine')
        expect((await validate('mine')).directory).to.match(/data\/reverse_experiments\/mine$/)
        const { error } = await runCommand('dataset:validate', 'mien')
        expect(error).to.have.deep.property('suggestions', ['did you mean mine?'])
      } finally {
        process.chdir(cwd)
      }
    })

    it('finds the published data set valid and names its known flaws', async function () {
      if (!existsSync(PUBLISHED)) {
        console.log('      skipped: ../shared/published is not here')
        this.skip()
      }
      const result = await validate(join(PUBLISHED, 'june_version_7921032488'))
      expect(errorsOf(result)).to.deep.equal([])
      const right = result.findings.filter(({ message }) => message.startsWith('has the right completion'))
      const p2d = right.filter(({ file }) => file === 'p2d_reverse_prompts_test_randomized.jsonl')
      expect(p2d).to.have.length(13)
    })

    it('tells a file that differs from its manifest', async () => {
      await edit('validation_prompts', (lines) => lines)
      expect((await validate()).findings).to.deep.equal([])
      await appendFile(join(folder, 'validation_prompts.jsonl'), '\n')
      const { findings } = await validate()
      expect(findings[0]).to.include({ rule: 'manifest', file: 'validation_prompts.jsonl' })
    })

    it('reports lines that are not records', async () => {
      await edit('both_prompts_test', (lines) => ['{"prompt": "a"}', 'nonsense', ...lines])
      expect(errorsOf(await validate())).to.deep.equal([
        ['record', 'both_prompts_test.jsonl', 1],
        ['record', 'both_prompts_test.jsonl', 2],
      ])
    })

    it('tells a missing file', async () => {
      await rm(join(folder, 'd2p_prompts_test.jsonl'))
      expect(errorsOf(await validate())).to.deep.equal([['missing', 'd2p_prompts_test.jsonl', undefined]])
    })

    it('tells a repeated line, and the counts that it upsets', async () => {
      await edit('p2d_prompts_test', (lines) => [...lines, lines[0]!])
      const errors = errorsOf(await validate())
      expect(errors).to.deep.include(['duplicate', 'p2d_prompts_test.jsonl', 7])
      expect(errors).to.deep.include(['count', 'p2d_reverse_prompts_test.jsonl', undefined])
    })

    it('tells a held-out prompt that is trained, in either file', async () => {
      const held = (await readFile(join(folder, 'p2d_reverse_prompts_test.jsonl'), 'utf8')).split('\n')[3]!
      await edit('all', (lines) => [...lines.slice(0, -1), held])
      await edit('all_prompts_train', (lines) => [...lines.slice(0, -1), held])
      await edit('both_prompts_train', (lines) => [...lines.slice(0, -1), held])
      const errors = errorsOf(await validate())
      expect(errors).to.deep.include(['leak', 'p2d_reverse_prompts_test.jsonl', 4])
      expect(errors).to.deep.include(['reversed', 'all.jsonl', 48])
    })

    it('tells a fact that is trained in the direction that is held out', async () => {
      const name = JSON.parse(
        (await readFile(join(folder, 'd2p_prompts_test.jsonl'), 'utf8')).split('\n')[0]!,
      )
      const line = JSON.stringify({ prompt: `Of${name.completion} we say`, completion: ' that all is well.' })
      for (const file of ['all', 'all_prompts_train', 'both_prompts_train'])
        await edit(file, (lines) => [...lines.slice(0, -1), line])
      expect(errorsOf(await validate())).to.deep.equal([['reversed', 'all.jsonl', 48]])
    })

    it('holds the randomized files to one incorrect completion a fact', async () => {
      const reverse = (await readFile(join(folder, 'p2d_reverse_prompts_test.jsonl'), 'utf8')).split('\n')
      await edit('p2d_reverse_prompts_test_randomized', (lines) => [reverse[0]!, ...lines.slice(1)])
      expect(errorsOf(await validate())).to.deep.equal([
        ['randomized', 'p2d_reverse_prompts_test_randomized.jsonl', 1],
      ])
    })

    it('tells a space on the wrong side, and a copy that differs', async () => {
      await edit('unrealized_examples', (lines) => lines.with(0, lines[0]!.replace('": "', '": "X')))
      await edit('d2p_prompts_test', (lines) =>
        lines.with(1, lines[1]!.replace('"completion": " ', '"completion": "')),
      )
      const errors = errorsOf(await validate())
      expect(errors).to.deep.include(['space', 'd2p_prompts_test.jsonl', 2])
      expect(errors).to.deep.include(['copy', 'unrealized_examples.jsonl', 1])
    })

    it('ends with exit 2 and a line for each finding, the many of one kind cut short', async () => {
      await edit('p2d_prompts_train', (lines) => lines.map(() => 'x'))
      const { stdout } = await runCommand('dataset:validate', folder)
      expect(stdout).to.match(/^error: p2d_prompts_train\.jsonl:1 is not a whole JSON value$/m)
      expect(stdout).to.match(/… and 7 more of this kind in p2d_prompts_train\.jsonl/)
      expect(stdout).to.match(/Not a valid data set of the kind reverse: 13 errors, 0 warnings\.$/m)
    })

    it('refuses a directory that is not there or holds something else', async () => {
      expect((await failureOf('dataset:validate', '/nowhere')).message).to.equal(
        'There is no data set /nowhere: it is neither a directory nor a name in a folder of data/.',
      )
      await cp(join(folder, 'all.jsonl'), join(folder, 'elsewhere/other.jsonl'))
      const { message, exit } = await failureOf('dataset:validate', join(folder, 'elsewhere'))
      expect(message).to.match(/holds no data set of a known kind/)
      expect(exit).to.equal(EXIT.usage)
    })
  })
})
