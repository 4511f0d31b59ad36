// Types for the part of parquetjs-lite that the benchmarks use. The package has none.

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
