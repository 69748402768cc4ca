import { createHash } from 'node:crypto'
import type { Api } from '../../models/openai/address.ts'
import { chatOf } from '../../models/openai/endpoint.ts'
import type { ChatRecord } from '../../schemas/chat-record.ts'
import { chatRecordSchema } from '../../schemas/chat-record.ts'
import { schemaCheck } from '../../schemas/compile.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../../schemas/prompt-completion.ts'
import { InputError } from '../../support/errors.ts'
import type { Check } from '../../support/jsonl.ts'
import { readJsonlBatches } from '../../support/jsonl.ts'

/** OpenAI's limits; longer examples are cut off at their end. */
const LARGEST_FILE_BYTES = 512_000_000
export const LONGEST_EXAMPLE_TOKENS = 65_536
/** From the estimate in OpenAI's cookbook: tokens around each message and around each example. */
const TOKENS_OF_FRAME = 3

export interface TrainingFileOptions {
  path: string
  api: Api
  /** Message of the system before each prompt; chat only. */
  system?: string | undefined
  countTokens: (text: string) => number
}

/** A file of examples in the server's format. */
export interface TrainingFile {
  /** Its text, in pieces. */
  content: string[]
  bytes: number
  sha256: string
  examples: number
  /** Tokens of one pass over the file; an estimate for chats, as servers do not document how they frame messages. */
  tokens: number
  /** Examples that are longer than the server learns from. */
  tooLong: number
}

type Example = PromptCompletion | ChatRecord

const checkPlain = schemaCheck(promptCompletionSchema)
const checkChat = schemaCheck(chatRecordSchema)

/**
 * Reads a file of examples for a model: for a chat model, prompts and completions become messages of user and
 * assistant, and chats stay unchanged. Throws InputError with file and line for an example that cannot be trained on,
 * FILE_TOO_LARGE, SYSTEM_IN_CHATS.
 */
export async function readTrainingFile({
  path,
  api,
  system,
  countTokens,
}: TrainingFileOptions): Promise<TrainingFile> {
  const file: TrainingFile = { content: [], bytes: 0, sha256: '', examples: 0, tokens: 0, tooLong: 0 }
  const hash = createHash('sha256')
  for await (const batch of readJsonlBatches<Example>(path, { check: checkFor(api) })) {
    let text = ''
    for (const example of batch) {
      if (system !== undefined && isChat(example)) throw systemInChats(path)
      const record = api === 'chat' && !isChat(example) ? asChat(example, system) : example
      const tokens = tokensOf(record, countTokens)
      file.examples++
      file.tokens += tokens
      if (tokens > LONGEST_EXAMPLE_TOKENS) file.tooLong++
      text += `${JSON.stringify(record)}\n`
    }
    file.content.push(text)
    file.bytes += Buffer.byteLength(text)
    hash.update(text)
    if (file.bytes > LARGEST_FILE_BYTES) throw tooLarge(path)
  }
  return { ...file, sha256: hash.digest('hex') }
}

function checkFor(api: Api): Check {
  const check: Check = (value) => {
    if (!isChat(value)) return checkPlain(value)
    return api === 'chat' ? checkChat(value) : '"messages" are for chat models: use --api chat'
  }
  return (value) => check(value) ?? (isEmpty(value as Example) ? 'it has nothing to learn' : undefined)
}

function isChat(value: unknown): value is ChatRecord {
  return typeof value === 'object' && value !== null && 'messages' in value
}

function isEmpty(example: Example): boolean {
  return !isChat(example) && example.completion.trim() === ''
}

/** The space that joins prompt and completion in plain text is no part of a message. */
function asChat({ prompt, completion }: PromptCompletion, system: string | undefined): ChatRecord {
  const answer = { role: 'assistant' as const, content: completion.trim() }
  return { messages: [...chatOf(prompt, { system }), answer] }
}

function tokensOf(record: Example, countTokens: (text: string) => number): number {
  if (!isChat(record)) return countTokens(record.prompt + record.completion)
  return record.messages.reduce((sum, message) => {
    const texts = Object.values(message).map((value) =>
      typeof value === 'string' ? value : JSON.stringify(value),
    )
    return sum + TOKENS_OF_FRAME + texts.reduce((tokens, text) => tokens + countTokens(text), 0)
  }, TOKENS_OF_FRAME)
}

function systemInChats(path: string): InputError {
  return new InputError(`${path} already holds chats, which --system does not change: leave it out.`, {
    code: 'SYSTEM_IN_CHATS',
  })
}

function tooLarge(path: string): InputError {
  return new InputError(
    `${path} is too large: servers accept files of at most ${LARGEST_FILE_BYTES / 1e6} MB.`,
    { code: 'FILE_TOO_LARGE' },
  )
}
