/**
 * The records of a parameter search as a table.
 */
import type { SearchRecord } from '../records.ts'
import type { Table } from './table.ts'

export const searchTable: Table<SearchRecord> = {
  columns: {
    phase: 'text',
    container: 'text',
    timestamp: 'text',
    'parameters.lookback': 'double',
    'parameters.threshold': 'double',
    'parameters.regime': 'text',
    'result.metrics.sharpe_ratio': 'double',
    'result.metrics.total_return': 'double',
    'result.metrics.max_drawdown': 'double',
    'result.signals_generated': 'double',
  },
  transpose(records) {
    const [phases, containers, timestamps, regimes] = [texts(records), texts(records), texts(records), texts(records)]
    const [lookbacks, thresholds, signals] = [numbers(records), numbers(records), numbers(records)]
    const [sharpes, returns, drawdowns] = [numbers(records), numbers(records), numbers(records)]
    for (const [index, { phase, container, timestamp, parameters, result }] of records.entries()) {
      phases[index] = phase
      containers[index] = container
      timestamps[index] = timestamp
      lookbacks[index] = parameters.lookback
      thresholds[index] = parameters.threshold
      regimes[index] = parameters.regime
      sharpes[index] = result.metrics.sharpe_ratio
      returns[index] = result.metrics.total_return
      drawdowns[index] = result.metrics.max_drawdown
      signals[index] = result.signals_generated
    }
    const parameters = [lookbacks, thresholds, regimes]
    return [phases, containers, timestamps, ...parameters, sharpes, returns, drawdowns, signals]
  },
  flatten: ({ phase, container, timestamp, parameters, result }) => ({
    phase,
    container,
    timestamp,
    'parameters.lookback': parameters.lookback,
    'parameters.threshold': parameters.threshold,
    'parameters.regime': parameters.regime,
    'result.metrics.sharpe_ratio': result.metrics.sharpe_ratio,
    'result.metrics.total_return': result.metrics.total_return,
    'result.metrics.max_drawdown': result.metrics.max_drawdown,
    'result.signals_generated': result.signals_generated,
  }),
}

function texts({ length }: readonly SearchRecord[]): string[] {
  return new Array<string>(length)
}

function numbers({ length }: readonly SearchRecord[]): number[] {
  return new Array<number>(length)
}
