import fc from 'fast-check'
import parquetUtil from 'parquetjs-lite/lib/util.js'
import t from 'tap'
import * as thrift from '../../../../sinks/parquet/thrift/thrift.ts'

const util = parquetUtil as { serializeThrift(struct: thrift.ThriftStruct): Buffer }

t.test('writes the same bytes as the reference implementation', async () => {
  const int32 = fc.integer()
  const text = fc.string({ unit: 'grapheme' })
  const bytes = fc.uint8Array({ maxLength: 70 }).map((values) => Buffer.from(values))
  const struct = fc.oneof(
    fc.record({ key: text, value: text }).map((fields) => new thrift.KeyValue(fields)),
    fc.record({ num_values: int32, encoding: int32 }).map((fields) => new thrift.DictionaryPageHeader(fields)),
    fc
      .record({ null_count: fc.maxSafeNat(), min_value: bytes, max_value: fc.option(bytes, { nil: undefined }) })
      .map((fields) => new thrift.Statistics(fields)),
    fc.boolean().map((isAdjustedToUTC) => {
      const unit = new thrift.TimeUnit({ MILLIS: new thrift.MilliSeconds() })
      return new thrift.LogicalType({ TIMESTAMP: new thrift.TimestampType({ isAdjustedToUTC, unit }) })
    }),
    fc.record({ columns: fc.nat(40), size: fc.maxSafeNat(), rows: fc.maxSafeNat() }).map(
      ({ columns, size, rows }) =>
        new thrift.RowGroup({
          columns: Array.from({ length: columns }, (_, index) => new thrift.KeyValue({ key: 'k', value: `${index}` })),
          total_byte_size: size,
          num_rows: rows,
        }),
    ),
  )
  fc.assert(fc.property(struct, (written) => thrift.serialize(written).equals(util.serializeThrift(written))))
})

t.test('refuses a number that is not an integer', async (t) => {
  const header = new thrift.DictionaryPageHeader({ num_values: 1.5, encoding: 0 })
  t.throws(() => thrift.serialize(header), { code: 'ERR_SPILLWAY_VALUE', message: /1\.5 is not a safe integer/ })
})
