import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Block } from './run-docs.ts'
import { DocsFolder, readBlocks, shapeOf } from './run-docs.ts'

/**
 * Tests each block of commands on a page, in order and in one folder. The words after the language decide: `sh slow`
 * runs only if `slow` is set; `sh elsewhere` (needs a key, a server, a registry or a user's file) never runs; `text
 * NAME.txt` is a file that the next commands read; `text output` is the output of the last commands, whose lines must
 * include these, apart from numbers. `prepare` creates what a page assumes.
 */
export async function describeDocs(
  page: string,
  { slow, prepare }: { slow: boolean; prepare?: string },
): Promise<void> {
  const blocks = await readBlocks(page)
  describe(page, () => {
    let folder: DocsFolder
    let printed = ''
    /** Whether the commands above an output were run. */
    let played = false
    before(async () => {
      folder = await DocsFolder.open()
      if (prepare !== undefined) folder.run({ text: prepare, line: 0 })
    })
    after(() => folder.close())

    for (const block of blocks) {
      const test = testOf(block)
      if (test) it(`${block.notes || block.language} on line ${block.line}`, test)
    }

    function testOf(block: Block): (() => Promise<void> | void) | undefined {
      const { language, notes, text } = block
      if (/^(sh|console)$/.test(language)) {
        expect(['', 'slow', 'elsewhere'], `${page}, line ${block.line}`).to.include(notes)
        played = notes === '' || (notes === 'slow' && slow)
        if (!played) return undefined
        return () => {
          printed = folder.run(block)
        }
      }
      if (notes.endsWith('.txt')) return () => writeFile(join(folder.path, notes), text)
      if (notes !== 'output' || !played) return undefined
      return () => {
        expect(shapeOf(printed)).to.include.members(shapeOf(text))
      }
    }
  })
}
