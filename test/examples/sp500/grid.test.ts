import t from 'tap'
import { parameterSets } from '../../../examples/sp500/grid.ts'
import { containerId } from '../../../examples/sp500/rules.ts'

t.test('there are at least two thousand different parameter sets', async (t) => {
  const ids = [...parameterSets()].map(containerId)
  t.ok(ids.length >= 2000, `${ids.length}`)
  t.equal(new Set(ids).size, ids.length)
})

t.test('the parameters of every set are consistent', async (t) => {
  for (const { family, params } of parameterSets()) {
    if (family === 'ma_crossover' && params.fast >= params.slow) t.fail(`${params.fast} >= ${params.slow}`)
    if (family === 'channel_breakout' && params.exit > params.entry) t.fail(`${params.exit} > ${params.entry}`)
    if (family === 'rsi' && params.oversold >= params.overbought) t.fail(`${params.oversold} >= ${params.overbought}`)
  }
  t.pass('fast < slow, exit <= entry, oversold < overbought')
})

t.test('the families take turns', async (t) => {
  const families = [...parameterSets(6)].map(({ family }) => family)
  t.strictSame(families, ['ma_crossover', 'channel_breakout', 'rsi', 'ma_crossover', 'channel_breakout', 'rsi'])
})

t.test('a limit returns the first sets, and the order is always the same', async (t) => {
  t.strictSame([...parameterSets(50)], [...parameterSets()].slice(0, 50))
  t.strictSame([...parameterSets(0)], [])
})
