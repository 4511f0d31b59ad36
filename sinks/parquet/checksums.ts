/**
 * Checksums of a Parquet file. The format has one for the data of each page, which protects neither the headers of pages
 * nor the footer. So the footer also has a key-value pair with the CRC-32 of itself and of each column chunk.
 */
import { crc32 } from 'node:zlib'

/** The key of the pair. Its value is hexadecimal text, eight digits for each checksum. */
export const CHECKSUMS_KEY = 'spillway.crc32'

const DIGITS = 8
const PLACEHOLDER = '0'.repeat(DIGITS)

/** The checksums of the column chunks of a file whose footer is intact. */
export interface ParquetChecksums {
  /** One for each column chunk, in the order of the footer. */
  readonly chunks: readonly number[]
}

/** The value of the pair before the metadata is serialized: the digits of its own checksum are reserved. */
export function checksumsText(chunks: readonly number[]): string {
  return PLACEHOLDER + chunks.map(digitsOf).join('')
}

/**
 * Overwrites the reserved digits with the checksum of the metadata.
 *
 * @param metadata - the serialized metadata, without its length and the magic bytes
 */
export function sealMetadata(metadata: Buffer): void {
  metadata.write(digitsOf(crc32(metadata)), placeOf(metadata), 'latin1')
}

/**
 * Reads the checksums.
 *
 * @param metadata - the serialized metadata, without its length and the magic bytes
 * @param chunks - number of column chunks that the metadata has
 * @returns undefined for metadata without the pair; null when the metadata does not match its checksum
 */
export function readChecksums(metadata: Buffer, chunks: number): ParquetChecksums | undefined | null {
  const place = placeOf(metadata)
  if (place === -1) return undefined
  const text = metadata.toString('latin1', place, place + DIGITS * (1 + chunks))
  if (!/^[0-9a-f]*$/.test(text) || text.length !== DIGITS * (1 + chunks)) return null
  const blank = Buffer.from(metadata)
  blank.write(PLACEHOLDER, place, 'latin1')
  const [sum, ...sums] = text.match(/.{8}/g)?.map((digits) => parseInt(digits, 16)) ?? []
  return crc32(blank) === sum ? { chunks: sums } : null
}

/** The place of the first checksum; -1 when there is none. Text before the pair, such as a column's name, may equal its key. */
function placeOf(metadata: Buffer): number {
  const key = metadata.lastIndexOf(CHECKSUMS_KEY)
  if (key === -1) return -1
  // The type of the value and its length, a varint, are between the key and the value.
  let at = key + CHECKSUMS_KEY.length + 1
  while ((metadata[at] ?? 0) >= 0x80) at += 1
  return at + 1
}

function digitsOf(sum: number): string {
  return sum.toString(16).padStart(DIGITS, '0')
}
