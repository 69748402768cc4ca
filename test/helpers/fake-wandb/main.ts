import { FAKE_KEY, FakeWandb } from './server.ts'

/** A fake W&B server to try commands on: `node test/helpers/fake-wandb/main.ts [PORT]`. */
const fake = await new FakeWandb().start(Number(process.argv[2] ?? 0))
console.log(`export WANDB_BASE_URL=${fake.url} WANDB_API_KEY=${FAKE_KEY}`)
