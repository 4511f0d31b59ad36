/**
 * The writer of Thrift's compact protocol (thrift-compact-protocol.md of apache/thrift), limited to the features that
 * the structs of Parquet use. The generated structs call its methods. The writer of the thrift package allocates a
 * buffer for each byte. That costs as much as compressing the pages.
 */

/**
 * The number of each Thrift type in the compact protocol. A boolean field has two numbers instead, one for each value.
 */
const COMPACT_TYPES: Readonly<Record<number, number>> = { 3: 3, 6: 4, 8: 5, 10: 6, 11: 8, 12: 12, 15: 9 }

const BOOL = 2
const TRUE = 1
const FALSE = 2

/** Maximum bytes of a varint: one for each seven bits of a 64-bit integer. */
const MAX_VARINT_BYTES = 10

/** Writes one struct. The names of the methods are those that generated code calls. */
export class CompactProtocolWriter {
  #bytes = Buffer.allocUnsafe(256)
  #length = 0
  /** The id of the previous field, in each enclosing struct. */
  readonly #outerFieldIds: number[] = []
  #lastFieldId = 0
  /** The id of a boolean field. Its header is written later, because the type in the header contains the value. */
  #booleanFieldId = 0

  /** The bytes written so far. The caller owns them if nothing more is written. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  writeStructBegin(): void {
    this.#outerFieldIds.push(this.#lastFieldId)
    this.#lastFieldId = 0
  }

  writeStructEnd(): void {
    this.#lastFieldId = this.#outerFieldIds.pop() ?? 0
  }

  writeFieldBegin(_name: string, type: number, id: number): void {
    if (type === BOOL) this.#booleanFieldId = id
    else this.#writeFieldHeader(compactType(type), id)
  }

  writeFieldEnd(): void {}

  writeFieldStop(): void {
    this.writeByte(0)
  }

  writeBool(value: boolean): void {
    this.#writeFieldHeader(value ? TRUE : FALSE, this.#booleanFieldId)
  }

  writeByte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  writeI32(value: number): void {
    this.#writeInteger(value)
  }

  writeI64(value: number): void {
    this.#writeInteger(value)
  }

  writeListBegin(type: number, size: number): void {
    if (size < 15) {
      this.writeByte((size << 4) | compactType(type))
    } else {
      this.writeByte(0xf0 | compactType(type))
      this.#writeVarint(size)
    }
  }

  writeListEnd(): void {}

  writeString(value: string | Uint8Array): void {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value
    this.#writeVarint(bytes.length)
    this.writeSerialized(bytes)
  }

  /** Writes a struct that is already serialized. */
  writeSerialized(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #writeFieldHeader(compact: number, id: number): void {
    const delta = id - this.#lastFieldId
    this.#lastFieldId = id
    if (delta > 0 && delta <= 15) {
      this.writeByte((delta << 4) | compact)
    } else {
      this.writeByte(compact)
      this.#writeInteger(id)
    }
  }

  /** Writes an integer in zigzag encoding: the sign is the lowest bit. */
  #writeInteger(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a safe integer`)
    this.#writeVarint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  /** Uses arithmetic, because bit operations are limited to 32 bits. Doubled safe integers are exact. */
  #writeVarint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES)
    let rest = value
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest % 128) | 0x80
    this.#bytes[this.#length++] = rest
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + length))
    grown.set(this.bytes)
    this.#bytes = grown
  }
}

function compactType(type: number): number {
  const compact = COMPACT_TYPES[type]
  if (compact === undefined) throw new TypeError(`Thrift type ${type} does not occur in the metadata of Parquet`)
  return compact
}
