import { describeDocs } from '../helpers/describe-docs.ts'

const TWO_SMALL_RUNS = `
reversal dataset:reverse --dataset-name first --num-examples-per-group 4 --num-train-examples 4 --num-test-examples 2
reversal finetune:start --dataset-name first --num-finetunes 2 --tag eval`

await describeDocs('README.md', { slow: true })
await describeDocs('docs/instructions.md', { slow: true })
await describeDocs('docs/report.md', { slow: true, prepare: TWO_SMALL_RUNS })
