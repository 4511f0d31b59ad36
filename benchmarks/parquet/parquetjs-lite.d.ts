// parquetjs-lite has no types. This is what the benchmarks use of it.

declare module 'parquetjs-lite' {
  interface Writer {
    appendRow(row: object): Promise<void>
    close(): Promise<void>
  }
  const parquet: {
    readonly ParquetSchema: new (fields: object) => object
    readonly ParquetWriter: { openFile(schema: object, path: string): Promise<Writer> }
  }
  export default parquet
}
