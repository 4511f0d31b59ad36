import t from 'tap'
import { AggregationTee } from '../../transforms/aggregation-tee.ts'
import { streamBattery } from '../helpers/stream-battery.ts'

streamBattery(t, { kind: 'transform', make: (options) => new AggregationTee(options), maxRecords: 20 })
