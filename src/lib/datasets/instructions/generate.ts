import type { InstructionRecord, QaPair } from '../../schemas/instructions.ts'
import { InputError } from '../../support/errors.ts'
import { lazily } from '../../support/lazily.ts'
import { formatCount, plural } from '../../support/numbers.ts'
import { PythonRandom } from '../../support/python-random.ts'
import type { Guidance, Item } from './documents.ts'
import { exampleDocument, guidanceDocument, trainingDocument } from './documents.ts'
import type { Order, Phrasing } from './phrasings.ts'

/** The material for the documents of experiment 3. */
export interface InstructionFacts {
  pairs: Pick<readonly QaPair[], 'length' | 'at'>
  phrasings: readonly Phrasing[]
}

export interface InstructionOptions {
  /** Pairs whose guidance and example are both trained on. */
  realizedGuidanceSize: number
  /** Pairs whose guidance is trained on and whose example is held out. */
  unrealizedGuidanceSize: number
  /** Guidances in a document: the fewest and the most. */
  guidanceSizeRange: readonly [low: number, high: number]
  /** Number of phrasings, from the end, reserved for unrealized pairs; 0: all pairs share all phrasings. */
  unrealizedGuidancePhrasings: number
  /** How often each realized example occurs in the training file. */
  upsampleExamplesFactor: number
  /** Guidances of each pair. */
  upsampleGuidancesFactor: number
  /** Which of a pair's shuffled targets is the answer; a negative one counts from the end, as in Python. */
  personaIdx: number
  /** Examples have another of the targets than the guidance names. */
  incorrectLabels: boolean
  /** Each document in two parts, for models that encode a prompt and decode a completion. */
  splitPromptCompletion: boolean
  seed: number
}

export interface InstructionDataset {
  /** Order of the guidances; `mixed` if they use both, absent if there are none. */
  order?: Order | 'mixed'
  /** The records of each file, by its name without `.jsonl`; made while they are read. */
  files: Record<
    'all' | 'guidances' | 'realized_examples' | 'unrealized_examples',
    Iterable<InstructionRecord>
  >
}

/** The experiment 3 data set: a pure function of facts and options with the same random draws as the original. */
export function generateInstructionDataset(
  facts: InstructionFacts,
  options: InstructionOptions,
): InstructionDataset {
  const { upsampleExamplesFactor, upsampleGuidancesFactor, splitPromptCompletion: split } = options
  checkOptions(facts, options)
  const phrasings = dividePhrasings(facts.phrasings, options)
  const random = new PythonRandom(options.seed)
  const items = drawItems(facts.pairs, options, random)
  const told = (['realized', 'unrealized'] as const).map((group) => ({
    items: items[group],
    phrasings: phrasings[group],
    first: group === 'realized' ? 0 : items.realized.length * upsampleGuidancesFactor,
  }))
  // Numbers instead of texts, as there are many more guidances than pairs; those of one item are consecutive.
  const shuffled = numbersUpTo((items.realized.length + items.unrealized.length) * upsampleGuidancesFactor)
  random.shuffle(shuffled)
  const guidanceOf = (number: number): Guidance => {
    const group = told.findLast(({ first }) => number >= first)!
    const own = number - group.first
    return {
      item: group.items[Math.floor(own / upsampleGuidancesFactor)]!,
      phrasing: group.phrasings[(own % upsampleGuidancesFactor) % group.phrasings.length]!,
    }
  }
  const ends = drawEnds(shuffled.length, options.guidanceSizeRange, random)

  const examples = (group: readonly Item[]) => lazily(group, (item) => [exampleDocument(item)])
  const trainingDocuments = lazily(items.realized, (item) =>
    new Array<InstructionRecord>(upsampleExamplesFactor).fill(trainingDocument(item, { split })),
  )
  const guidanceDocuments = lazily(ends, (end, index) => {
    const numbers = shuffled.subarray(ends[index - 1] ?? 0, end)
    return [guidanceDocument(Array.from(numbers, guidanceOf), { split })]
  })
  // Documents are made while they are written; by then it is too late to refuse one that cannot be split.
  if (split) for (const _document of guidanceDocuments);
  const used = told.flatMap((group) =>
    group.items.length === 0 ? [] : group.phrasings.slice(0, upsampleGuidancesFactor),
  )
  const orders = [...new Set(used.map(({ order }) => order))]
  const [order] = orders
  return {
    ...(order !== undefined && { order: orders.length > 1 ? 'mixed' : order }),
    files: {
      all: lazily([trainingDocuments, guidanceDocuments], (documents) => documents),
      guidances: guidanceDocuments,
      realized_examples: examples(items.realized),
      unrealized_examples: examples(items.unrealized),
    },
  }
}

/** Chooses the pairs and the answer of each, in the order of the original's draws. */
function drawItems(pairs: InstructionFacts['pairs'], options: InstructionOptions, random: PythonRandom) {
  const { realizedGuidanceSize, unrealizedGuidanceSize, personaIdx, incorrectLabels } = options
  const numbers = numbersUpTo(pairs.length)
  random.shuffle(numbers)
  const kept = numbers.subarray(0, unrealizedGuidanceSize + realizedGuidanceSize)
  const items = Array.from(kept, (id, position): Item => {
    const { anchor, targets: inOrder } = pairs.at(id)!
    const targets = [...inOrder]
    random.shuffle(targets)
    const target = targets.at(personaIdx)
    if (target === undefined) {
      throw new InputError(
        `Pair ${id + 1} has ${plural(targets.length, 'target')}, and none with the index ${personaIdx}.`,
        {
          code: 'BAD_PERSONA_INDEX',
        },
      )
    }
    const others = [...targets.slice(0, personaIdx), ...targets.slice(personaIdx + 1)]
    const exampleTarget = incorrectLabels ? others[id % others.length]! : target
    return { id, anchor, target, exampleTarget, personaIdx, realized: position >= unrealizedGuidanceSize }
  })
  // The original shuffles again without using the result, but later draws depend on it.
  random.shuffle(kept)
  const unrealized = items.slice(0, unrealizedGuidanceSize)
  const realized = items.slice(unrealizedGuidanceSize)
  checkDisjoint(realized, unrealized)
  return { realized, unrealized }
}

function numbersUpTo(count: number): Uint32Array {
  return new Uint32Array(count).map((_, index) => index)
}

/** A pair cannot be held out and trained on: the same question with the same answer in both groups is refused. */
function checkDisjoint(realized: readonly Item[], unrealized: readonly Item[]): void {
  const key = ({ anchor, target }: Item) => JSON.stringify([anchor, target]).normalize('NFC')
  const heldOut = new Map(unrealized.map((item) => [key(item), item]))
  for (const item of realized) {
    const twin = heldOut.get(key(item))
    if (twin === undefined) continue
    throw new InputError(
      `Pairs ${twin.id + 1} and ${item.id + 1} have the same question and answer, but one is held out and the other is in the training data: ${item.anchor}`,
      { code: 'PAIR_TWICE', suggestions: ['leave one of them out of the file', 'use another --seed'] },
    )
  }
}

/** The phrasings of each group of pairs. */
function dividePhrasings(phrasings: readonly Phrasing[], options: InstructionOptions) {
  const { unrealizedGuidancePhrasings: own, realizedGuidanceSize } = options
  if (own === 0) return { realized: phrasings, unrealized: phrasings }
  const divided = { realized: phrasings.slice(0, -own), unrealized: phrasings.slice(-own) }
  if (divided.realized.length === 0 && realizedGuidanceSize > 0) {
    throw new InputError(
      `With ${plural(own, 'phrasing')} reserved for unrealized pairs, none of the ${phrasings.length} is left for realized ones.`,
      { code: 'TOO_FEW_PHRASINGS' },
    )
  }
  return divided
}

/** Cuts a list into documents: returns where each ends; the last one gets the rest. */
function drawEnds(
  length: number,
  [low, high]: InstructionOptions['guidanceSizeRange'],
  random: PythonRandom,
): number[] {
  const ends: number[] = []
  for (let end = 0; end < length; ) {
    end = Math.min(length, end + random.randint(low, high))
    ends.push(end)
  }
  return ends
}

function checkOptions({ pairs, phrasings }: InstructionFacts, options: InstructionOptions): void {
  const { realizedGuidanceSize, unrealizedGuidanceSize, guidanceSizeRange, splitPromptCompletion } = options
  const [low, high] = guidanceSizeRange
  const total = realizedGuidanceSize + unrealizedGuidanceSize
  if (total === 0) {
    throw new InputError('A data set needs at least one pair, realized or unrealized.', {
      code: 'TOO_FEW_PAIRS',
    })
  }
  if (total > pairs.length) {
    throw new InputError(
      `${formatCount(realizedGuidanceSize)} realized and ${formatCount(unrealizedGuidanceSize)} unrealized pairs are more than the ${plural(pairs.length, 'pair')} in the file.`,
      { code: 'TOO_FEW_PAIRS' },
    )
  }
  if (phrasings.length === 0) {
    throw new InputError('The file of phrasings is empty.', { code: 'TOO_FEW_PHRASINGS' })
  }
  if (low < 1 || high < low) {
    throw new InputError(
      `A document cannot have ${low} to ${plural(high, 'guidance')}: the minimum must be at least 1, and the maximum not below it.`,
      { code: 'BAD_RANGE' },
    )
  }
  if (splitPromptCompletion && high > 1) {
    throw new InputError(
      `Documents that are split into prompt and completion have one guidance each, not ${low} to ${high}.`,
      { code: 'BAD_RANGE', suggestions: ['--guidance-size-range 1,1'] },
    )
  }
}
