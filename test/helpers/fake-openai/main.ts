import { FakeOpenAI } from './server.ts'

/** The fake as a process of its own: takes its options as JSON, says its base URL, lives until it is killed. */
const fake = await FakeOpenAI.start(JSON.parse(process.argv[2] ?? '{}'))
process.stdout.write(`${fake.url}\n`)
