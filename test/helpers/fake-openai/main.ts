import { FakeOpenAI } from './server.ts'

/** The fake as a separate process: takes its options as JSON, prints its base URL, and runs until it is killed. */
const fake = await FakeOpenAI.start(JSON.parse(process.argv[2] ?? '{}'))
process.stdout.write(`${fake.url}\n`)
