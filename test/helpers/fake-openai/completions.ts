import { ApiError } from './api-error.ts'
import type { Language } from './language.ts'
import { tokenId, tokenize } from './language.ts'

/** How a server gives log-probabilities of texts that it gets. */
export type ScoringStyle =
  /** `echo` with `logprobs`, as OpenAI's davinci-002 did. */
  | 'echo'
  /** `prompt_logprobs` on both APIs, with a beginning-of-text token in front, as vLLM does. */
  | 'vllm'
  /** As `echo`, with characters beyond ASCII cut into two tokens that spell neither. */
  | 'split'
  /** `echo` is refused, as llama.cpp does. */
  | 'refused'
  /** Silently ignored, as by Ollama. */
  | 'ignored'

interface Request {
  model: string
  prompt?: string | string[]
  messages?: { role: string; content: string }[]
  max_tokens?: number
  max_completion_tokens?: number
  temperature?: number
  n?: number
  stop?: string | string[]
  echo?: boolean
  logprobs?: number
  prompt_logprobs?: number
  continue_final_message?: boolean
}

export interface Context {
  language: Language
  scoring: ScoringStyle
  now: number
}

const BEGIN = '<s>'

/** `POST /completions`. */
export function complete(request: Request, { language, scoring, now }: Context) {
  const { model, echo = false, n = 1 } = request
  if (echo && scoring === 'refused') throw new ApiError(400, 'Only no echo is supported.')
  const prompts = [request.prompt ?? ''].flat()
  const choices = prompts.flatMap((prompt) =>
    Array.from({ length: n }, (_, sample) => {
      const tokens = answerTokens(request, prompt, sample, language)
      const echoed = echo && scoring !== 'ignored'
      return {
        written: tokens.text,
        text: (echoed ? prompt : '') + tokens.text,
        finish_reason: tokens.finish_reason,
        logprobs:
          request.logprobs === undefined || scoring === 'ignored'
            ? null
            : legacyLogprobs(echoed ? prompt : '', prompt, tokens.all, { language, scoring }),
        ...(scoring === 'vllm' && request.prompt_logprobs !== undefined
          ? { prompt_logprobs: promptLogprobs(prompt, language) }
          : {}),
      }
    }),
  )
  return {
    id: 'cmpl-1',
    object: 'text_completion',
    created: Math.floor(now / 1000),
    model,
    choices: choices.map(({ written: _, ...choice }, index) => ({ index, ...choice })),
    usage: usage(prompts.join(''), choices.map(({ written }) => written).join('')),
  }
}

/** `POST /chat/completions`; the last message is the prompt. */
export function chat(request: Request, { language, scoring, now }: Context) {
  const { model, messages = [], n = 1 } = request
  const prompt = messages.findLast(({ role }) => role === 'user')?.content ?? ''
  const choices = Array.from({ length: n }, (_, index) => {
    const { text, finish_reason } = answerTokens(request, prompt, index, language)
    const message = { role: 'assistant' as const, content: text.trimStart(), refusal: null }
    return { index, message, finish_reason, logprobs: null }
  })
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: Math.floor(now / 1000),
    model,
    choices,
    usage: usage(prompt, choices.map(({ message }) => message.content).join('')),
    ...(scoring === 'vllm' && request.prompt_logprobs !== undefined
      ? { prompt_logprobs: promptLogprobs(renderChat(request), language) }
      : {}),
  }
}

/** A chat as one text. The template trims each message, like those of most models. */
function renderChat({ messages = [], continue_final_message: goesOn = false }: Request): string {
  const turns = messages.map(({ role, content }) => `<${role}> ${content.trim()}`)
  return `${turns.join('\n')}${goesOn ? '' : '\n<assistant>'}`
}

function answerTokens(request: Request, prompt: string, sample: number, language: Language) {
  const { model, temperature = 1, stop = [] } = request
  const limit = request.max_completion_tokens ?? request.max_tokens ?? 16
  const whole = language.answer(prompt, { model, sample, temperature })
  const ends = [stop].flat().map((end) => whole.indexOf(end))
  const stopped = whole.slice(0, Math.min(whole.length, ...ends.filter((position) => position >= 0)))
  const all = tokenize(stopped).slice(0, limit)
  const text = all.join('')
  return { all, text, finish_reason: text.length < stopped.length ? 'length' : 'stop' }
}

function legacyLogprobs(
  echoed: string,
  context: string,
  written: readonly string[],
  { language, scoring }: Pick<Context, 'language' | 'scoring'>,
) {
  const cut = scoring === 'split' ? splitCharacters : tokenize
  const tokens = [...cut(echoed), ...written]
  let before = echoed === '' ? context : ''
  let offset = 0
  const entries = tokens.map((token) => {
    const entry = {
      token,
      logprob: before === '' ? null : language.logprob(before, token),
      offset,
    }
    before += token
    offset += [...token].length
    return entry
  })
  return {
    tokens,
    token_logprobs: entries.map(({ logprob }) => logprob),
    top_logprobs: entries.map(({ token, logprob }) => (logprob === null ? null : { [token]: logprob })),
    text_offset: entries.map((entry) => entry.offset),
  }
}

function promptLogprobs(text: string, language: Language) {
  let before = ''
  return [BEGIN, ...tokenize(text)].map((token) => {
    const logprob =
      before === '' ? null : language.logprob(before === BEGIN ? '' : before.slice(BEGIN.length), token)
    before += token
    return logprob === null ? null : { [tokenId(token)]: { logprob, rank: 1, decoded_token: token } }
  })
}

/** As a byte-level tokenizer whose vocabulary has no letters beyond ASCII. */
function splitCharacters(text: string): string[] {
  return tokenize(text)
    .flatMap((token) =>
      token.split(/(\P{ASCII})/u).flatMap((part, index) => (index % 2 === 1 ? ['\ufffd', '\ufffd'] : [part])),
    )
    .filter((token) => token !== '')
}

function usage(prompt: string, completion: string) {
  const [prompt_tokens, completion_tokens] = [tokenize(prompt).length, tokenize(completion).length]
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}
