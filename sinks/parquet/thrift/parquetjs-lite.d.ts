// parquetjs-lite has no types. What is used of it is typed where it is imported, in thrift.ts.

declare module 'parquetjs-lite/gen-nodejs/parquet_types.js' {
  const types: unknown
  export default types
}

declare module 'parquetjs-lite/lib/compression.js' {
  const compression: unknown
  export default compression
}

declare module 'parquetjs-lite/lib/util.js' {
  const util: unknown
  export default util
}
