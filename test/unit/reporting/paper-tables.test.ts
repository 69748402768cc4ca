import { expect } from 'chai'
import { escapeLatex, escapeMarkdown, toLatex, toMarkdown } from '../../../src/lib/reporting/paper-tables.ts'
import type { Table } from '../../../src/lib/reporting/report.ts'

const TABLE: Table = {
  name: 'right_answers',
  title: 'right answers',
  columns: [
    { key: 'model', head: 'model', format: 'text' },
    {
      ...{ key: 'right', head: 'accuracy', format: 'percent', deviation: 'sd' },
      interval: ['low', 'high'],
    },
    { key: 'score', head: 'log-probability', format: 'nats' },
    { key: 'runs', head: 'runs', format: 'count', detail: true },
    { key: 'verdict', head: 'facts are', format: 'text' },
  ],
  rows: [
    { model: 'a_b | 50 % & more', right: 0, sd: 0.021, low: 0, high: 0.39, score: -8.5, runs: 3 },
    { model: 'GPT-3 (paper)', source: 'paper', right: 0.001, score: null, runs: 3 },
  ],
  notes: ['Of p2d_prompts_test.', 'The paper’s row is “known”.'],
}

describe('a table for a paper', () => {
  it('is a float of booktabs in LaTeX, the paper’s rows below a rule, without details and empty columns', () => {
    expect(toLatex(TABLE)).to.equal(
      [
        '% Needs \\usepackage{booktabs}.',
        '\\begin{table}',
        '  \\centering',
        '  \\caption{Right answers.}',
        '  \\label{tab:right_answers}',
        '  \\begin{tabular}{@{}lrr@{}}',
        '    \\toprule',
        '    model & accuracy (\\%) & log-probability (nats) \\\\',
        '    \\midrule',
        '    a\\_b \\textbar{} 50 \\% \\& more & 0.0 $\\pm$ 2.1 [0.0, 39.0] & $-$8.50 \\\\',
        '    \\midrule',
        '    GPT-3 (paper) & 0.1 &  \\\\',
        '    \\bottomrule',
        '  \\end{tabular}',
        '',
        '  \\medskip',
        "  \\parbox{\\linewidth}{\\footnotesize Of p2d\\_prompts\\_test. The paper's row is ``known''.}",
        '\\end{table}',
        '',
      ].join('\n'),
    )
  })

  it('is a table of GitHub’s in Markdown', () => {
    expect(toMarkdown(TABLE)).to.equal(
      [
        '**Right answers**',
        '',
        '| model | accuracy (%) | log-probability (nats) |',
        '| --- | ---: | ---: |',
        '| a\\_b \\| 50 % & more | 0.0 ± 2.1 [0.0, 39.0] | −8.50 |',
        '| GPT-3 (paper) | 0.1 |  |',
        '',
        'Of p2d\\_prompts\\_test. The paper’s row is “known”.',
        '',
      ].join('\n'),
    )
  })

  it('gives long texts in LaTeX a column that breaks its lines', () => {
    const rows = [{ model: 'x'.repeat(41), right: 1 }]
    expect(toLatex({ ...TABLE, rows })).to.include('{@{}p{5cm}r@{}}')
  })

  it('has no text that LaTeX would run, or that ends a row', () => {
    expect(escapeLatex('\\input{/etc/passwd} $x^2$ ~ #1 {a}')).to.equal(
      '\\textbackslash{}input\\{/etc/passwd\\} \\$x\\textasciicircum{}2\\$ \\textasciitilde{} \\#1 \\{a\\}',
    )
    expect(escapeLatex('a\nb\u0007 é')).to.equal('a b\ufffd é')
    // In T1 both would be one sign.
    expect(escapeLatex('p < 0.05 > 0')).to.equal('p \\textless{} 0.05 \\textgreater{} 0')
  })

  it('has no text that Markdown would take for markup', () => {
    expect(escapeMarkdown('a|b\n*c* <img> `d` [x](y) [0.0, 1.0]')).to.equal(
      'a\\|b \\*c\\* \\<img> \\`d\\` \\[x](y) [0.0, 1.0]',
    )
  })
})
