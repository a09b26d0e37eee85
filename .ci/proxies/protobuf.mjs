// As much of `envoy.service.auth.v3` as the tests read and write. The numbers are those of `external_auth.proto`,
// `attribute_context.proto` and `base.proto` of Envoy.

/** The fields of a message: `[number, value]`, a value being bytes or a number. */
function* fields(bytes) {
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const key = varint()
    const [number, type] = [Math.floor(key / 8), key & 7]
    if (type === 0) yield [number, varint()]
    else if (type === 2) {
      const length = varint()
      yield [number, bytes.subarray(at, at + length)]
      at += length
    } else at += type === 1 ? 8 : 4
  }
}

const field = (bytes, number) => [...fields(bytes)].findLast(([of]) => of === number)?.[1] ?? Buffer.alloc(0)
const all = (bytes, number) => [...fields(bytes)].filter(([of]) => of === number).map(([, value]) => value)
const text = (bytes) => bytes.toString('utf8')

/** A `CheckRequest`: method and path of the original request, its headers, and the length of its body. */
export function checkRequest(bytes) {
  const request = field(field(field(bytes, 1), 4), 2)
  const map = all(request, 3).map((entry) => [text(field(entry, 1)), text(field(entry, 2))])
  const raw = all(field(request, 13), 1).map((header) => {
    const value = field(header, 3)
    return [text(field(header, 1)), text(value.length ? value : field(header, 2))]
  })
  const headers = [...map, ...raw]
  return { method: text(field(request, 2)), target: text(field(request, 4)), headers, body: field(request, 11).length + field(request, 12).length }
}

function delimited(number, bytes) {
  const length = []
  for (let rest = bytes.length; ; rest >>= 7) {
    if (rest < 128) { length.push(rest); break }
    length.push((rest & 127) | 128)
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes])
}

/** A `CheckResponse` that allows: each header is set, or removed where its value is empty. */
export function okResponse(headers) {
  const OVERWRITE = Buffer.from([(3 << 3) | 0, 2])
  const parts = Object.entries(headers).map(([name, value]) => {
    if (!value) return delimited(5, Buffer.from(name))
    const header = Buffer.concat([delimited(1, Buffer.from(name)), delimited(2, Buffer.from(value))])
    return delimited(2, Buffer.concat([delimited(1, header), OVERWRITE]))
  })
  return Buffer.concat([delimited(1, Buffer.alloc(0)), delimited(3, Buffer.concat(parts))])
}
