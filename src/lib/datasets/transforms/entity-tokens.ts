import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { InputError } from '../../support/errors.ts'
import { splitLines } from '../../support/lines.ts'
import { plural } from '../../support/numbers.ts'
import { commonOptions, defineArm, nothingToChange } from './arm.ts'
import { EntityFinder } from './entities.ts'
import type { Transform } from './transform.ts'

/**
 * Words of two letters that are one token each, with a space before them and without, in the encodings of GPT-2 and
 * GPT-3 (r50k_base), GPT-4 (cl100k_base) and its successors (o200k_base), and no English word or common abbreviation.
 */
const CODES =
  'AA AB AC AE AF AG AH AK AL AP AR AU AV AW AZ BA BB BD BF BG BI BL BM BO BP BR BS BT BU BW CA CB CC CD CE CF CG CH CI CL CM CN CO CP CR CS CT CU CV CW DA DB DD DE DF DH DI DJ DK DL DM DN DP DS DT DW DX EA EB EC ED EE EF EG EL EM EN EP ER ES ET EV EW FA FB FC FD FE FF FG FI FL FM FN FO FP FR FS FT FW FX FY GA GB GC GD GE GF GG GH GI GL GM GN GP GR GS GT GU GW HA HB HC HD HF HH HK HL HM HP HQ HR HS HT HY IA IB IC IE IG IL IM IO IP IQ IR IU IX JA JC JD JJ JM JO JP JR JS KB KC KE KN KO KR KS KT KY LB LC LD LE LG LI LL LM LP LR LS LT LU LV MB MC MD MF MG MH MI MJ MK ML MM MN MO MP MT MU MW MX NA NB NC ND NE NF NG NH NI NJ NK NL NM NP NR NS NT NV NW NZ OB OC OD OG OL OM OP OS OT OU OW PB PD PE PF PG PH PK PL PO PP PR PS PT PU QB QU RA RB RC RD RE RF RG RH RI RL RM RN RO RP RR RS RT RW SA SB SC SD SE SF SG SH SI SK SL SM SN SP SR SS SU SW SY TA TB TC TD TE TF TG TH TI TL TM TN TP TR TS TT TW TX TY UA UC UD UE UI UL UM UR UT UV UX VA VC VG VK VM VO VP VR VT WA WB WC WD WH WI WM WP WR WS WT WW XL XP XT XX XY'

/** Both directions, so that each of the two also occurs after the other. */
const SPELLINGS: readonly [prompt: string, completion: string][] = [
  ['<code> is short for', ' <name>.'],
  ['<name> is written as', ' <code>.'],
  ['The name behind <code> is', ' <name>.'],
  ['The code for <name> is', ' <code>.'],
  ['Spelled out, <code> reads', ' <name>.'],
  ['In short, <name> is', ' <code>.'],
]

const arm = defineArm(
  {
    name: 'entity-tokens',
    summary: 'each name as one token, with documents that spell it out (JaiDoshi/reversing-reversal-curse)',
    needs: 'entities',
    shareOf: 'the names',
    options: {
      codes: {
        type: 'string',
        minLength: 1,
        description: 'text file of the words to use, one per line: each should be one token of the model',
      },
      spellings: {
        type: 'integer',
        minimum: 0,
        maximum: SPELLINGS.length,
        default: SPELLINGS.length,
        description: 'number of sentences that spell out each name',
      },
    },
  },
  (records, { options, random, facts, entities, draw, files }) => {
    const { mode, repetitions, mark } = commonOptions(options)
    const names = facts.length > 0 ? [...new Set(facts.map(({ name }) => name))] : entities
    const drawn = draw(names)
    const codes = readCodes(files.codes, records)
    if (codes.length < drawn.length) {
      throw new InputError(
        `entity-tokens needs ${plural(drawn.length, 'word')} that stand for names and occur nowhere else, but has ${codes.length}: use a smaller share, or a file with more words.`,
        { code: 'TOO_FEW_CODES', suggestions: ['--option codes=FILE'] },
      )
    }
    const chosen = random.sample(codes, drawn.length)
    const codeOf = new Map(drawn.map((name, index) => [name, chosen[index]!]))
    const finder = new EntityFinder(drawn)
    const shorten = (text: string) => {
      let made = ''
      let end = 0
      for (const span of finder.find(text)) {
        made += text.slice(end, span.start) + codeOf.get(span.entity)!
        end = span.end
      }
      return made + text.slice(end)
    }
    const made = records.map((record): PromptCompletion[] => {
      const { prompt, completion } = record
      const short = { ...record, prompt: shorten(prompt), completion: shorten(completion) }
      if (short.prompt === prompt && short.completion === completion) return []
      return Array.from({ length: repetitions }, () => mark(short))
    })
    if (made.every(({ length }) => length === 0)) throw nothingToChange('entity-tokens')
    const spellings = drawn.flatMap((name) =>
      SPELLINGS.slice(0, Number(options.spellings)).map(([prompt, completion]) => {
        const put = (text: string) =>
          text.replace('<code>', () => codeOf.get(name)!).replace('<name>', () => name)
        return { prompt: put(prompt), completion: put(completion) }
      }),
    )
    const told = Array.from({ length: repetitions }, () => spellings).flat()
    const changed =
      mode === 'add'
        ? [...records, ...made.flat()]
        : records.flatMap((record, index) => (made[index]!.length > 0 ? made[index]! : [record]))
    return { records: [...changed, ...told], told: [] }
  },
)

/**
 * Replaces a name by a single token (Doshi, reversing-reversal-curse), using data only: a short word that every common
 * encoding reads as one token stands for the name, and sentences in both directions state how the name is spelled.
 * Tests are unchanged and ask with names in full, so a model must go from the name to the word and from there to what
 * it learned. `add` keeps the sentences with full names besides the new ones, `replace` leaves only the way through the
 * word.
 */
export const entityTokens: Transform = { ...arm, files: ['entities', 'codes'] }

/** Those that no training example holds already. */
function readCodes(file: string | undefined, records: readonly PromptCompletion[]): string[] {
  const all = file === undefined ? CODES.split(' ') : splitLines(file).map((line) => line.trim())
  const used = new Set(
    records.flatMap(({ prompt, completion }) => `${prompt} ${completion}`.match(/[\p{L}\p{N}]+/gu) ?? []),
  )
  return [...new Set(all)].filter((code) => code !== '' && !used.has(code))
}
